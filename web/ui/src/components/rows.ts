import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

/** The elements [from, to) of a list, which are to be in the document. */
export interface Rows {
  from: number;
  to: number;
}

const ahead = 300; // px outside of the screen that are there already, for smooth scrolling

/** The rows of a list that are on the screen: `count` rows of `height` px, the first one `top` px below the upper edge. */
export function rowsAt(top: number, screen: number, count: number, height: number): Rows {
  const from = Math.min(count, Math.max(0, Math.floor((-top - ahead) / height)));
  return { from, to: Math.max(from, Math.min(count, Math.ceil((screen - top + ahead) / height))) };
}

/** The same for blocks of different heights; `ends` has where each ends, in px from the beginning of the list. */
export function blocksAt(top: number, screen: number, ends: Float64Array): Rows {
  const first = (y: number) => {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle]! > y) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  const from = first(-top - ahead);
  return { from, to: Math.max(from, Math.min(ends.length, first(screen - top + ahead) + 1)) };
}

/** Looks which elements are on the screen, again at every scrolling and resizing of the page. */
function useLook(ref: RefObject<HTMLElement | null>, count: number, look: (top: number, screen: number) => Rows, inputs: readonly unknown[]): Rows {
  const [rows, setRows] = useState<Rows>(() => look(0, globalThis.innerHeight || 800));
  useLayoutEffect(() => {
    let frame = 0;
    const update = () => {
      frame = 0;
      if (!ref.current) return;
      const next = look(ref.current.getBoundingClientRect().top, innerHeight);
      setRows((old) => (old.from === next.from && old.to === next.to ? old : next));
    };
    const later = () => {
      if (frame === 0) frame = requestAnimationFrame(update);
    };
    update();
    addEventListener("scroll", later, { passive: true });
    addEventListener("resize", later);
    return () => {
      cancelAnimationFrame(frame);
      removeEventListener("scroll", later);
      removeEventListener("resize", later);
    };
  }, inputs);
  // Between a change of the list and the next look the old answer may reach beyond its end.
  return { from: Math.min(rows.from, count), to: Math.min(rows.to, count) };
}

export function useRows(ref: RefObject<HTMLElement | null>, count: number, height: number): Rows {
  return useLook(ref, count, (top, screen) => rowsAt(top, screen, count, height), [count, height]);
}

export function useBlocks(ref: RefObject<HTMLElement | null>, ends: Float64Array): Rows {
  return useLook(ref, ends.length, (top, screen) => blocksAt(top, screen, ends), [ends]);
}
