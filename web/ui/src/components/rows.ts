import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

export interface Rows {
  /** The rows [from, to) are to be in the document. */
  from: number;
  to: number;
}

const ahead = 6; // rows outside of the screen that are there already, for smooth scrolling

/** The rows of a list of `count` rows, each `height` px, that are on the screen while the page scrolls. */
export function rowsAt(top: number, screen: number, count: number, height: number): Rows {
  const first = Math.floor(-top / height);
  const last = Math.ceil((screen - top) / height);
  const from = Math.min(count, Math.max(0, first - ahead));
  return { from, to: Math.max(from, Math.min(count, last + ahead)) };
}

/** Follows scrolling and resizing: which rows of the list whose body is `ref` are to be drawn. */
export function useRows(ref: RefObject<HTMLElement | null>, count: number, height: number): Rows {
  const [rows, setRows] = useState<Rows>(() => rowsAt(0, globalThis.innerHeight || 800, count, height));
  useLayoutEffect(() => {
    let frame = 0;
    const look = () => {
      frame = 0;
      if (!ref.current) return;
      const next = rowsAt(ref.current.getBoundingClientRect().top, innerHeight, count, height);
      setRows((old) => (old.from === next.from && old.to === next.to ? old : next));
    };
    const later = () => {
      if (frame === 0) frame = requestAnimationFrame(look);
    };
    look();
    addEventListener("scroll", later, { passive: true });
    addEventListener("resize", later);
    return () => {
      cancelAnimationFrame(frame);
      removeEventListener("scroll", later);
      removeEventListener("resize", later);
    };
  }, [ref, count, height]);
  // Between a change of the list and the next look at the screen the old answer may reach beyond its end.
  return { from: Math.min(rows.from, count), to: Math.min(rows.to, count) };
}
