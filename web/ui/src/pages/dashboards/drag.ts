import type { Panel } from "../../api/dashboards";

const edge = 70; // px from the top and the bottom of the screen at which dragging scrolls
const columns = 12;
const gap = 12; // px between panels, and
const row = 80; // px of a row, as dashboards.css has them
const [lowest, highest] = [2, 8]; // rows of a panel

/** Where a panel that is being dragged would be dropped. */
export interface Drop {
  on: string;
  after: boolean;
}

/**
 * Follows a pointer from where it came down until it is let go. `moved` is told where it is, also while the page scrolls under
 * it, and `ended` whether it was let go rather than given up with Escape.
 */
export function followPointer(down: PointerEvent, moved: (x: number, y: number) => void, ended: (letGo: boolean) => void): void {
  const handle = down.currentTarget as HTMLElement;
  handle.setPointerCapture(down.pointerId);
  const all = new AbortController();
  const { signal } = all;
  let [x, y] = [down.clientX, down.clientY];
  let frame = 0;
  const roll = () => {
    if (!handle.isConnected) return end(false); // the page went away under it, and no event tells
    const by = y < 2 * edge ? -10 : y > innerHeight - edge ? 10 : 0;
    if (by !== 0) {
      scrollBy(0, by);
      moved(x, y);
    }
    frame = requestAnimationFrame(roll);
  };
  const end = (letGo: boolean) => {
    cancelAnimationFrame(frame);
    all.abort();
    ended(letGo);
  };
  handle.addEventListener(
    "pointermove",
    (e) => {
      // Only a pointer that moves scrolls: the handle may be near the edge where it came down.
      if (frame === 0) frame = requestAnimationFrame(roll);
      [x, y] = [e.clientX, e.clientY];
      moved(x, y);
    },
    { signal },
  );
  handle.addEventListener("pointerup", () => end(true), { signal });
  handle.addEventListener("pointercancel", () => end(false), { signal });
  addEventListener(
    "keydown",
    (e) => {
      if (e.key !== "Escape") return;
      e.preventDefault();
      e.stopPropagation();
      end(false);
    },
    { signal, capture: true },
  );
}

/** The panel that a dragged one would stand before or after, or null when it would stay. */
export function dropAt(grid: HTMLElement, id: string, x: number, y: number): Drop | null {
  let best: { el: HTMLElement; distance: number; after: boolean } | null = null;
  for (const el of grid.querySelectorAll<HTMLElement>(".panel")) {
    const box = el.getBoundingClientRect();
    const [dx, dy] = [Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom)];
    const distance = Math.hypot(dx, dy);
    if (best && distance >= best.distance) continue;
    // Panels that have a row to themselves stand below each other.
    const wide = box.width > 0.9 * grid.clientWidth;
    best = { el, distance, after: wide ? y > box.top + box.height / 2 : x > box.left + box.width / 2 };
  }
  const on = best?.el.dataset["panel"];
  return best && on !== undefined && on !== id ? { on, after: best.after } : null;
}

/** The size of a panel whose corner is drawn to a place `x` and `y` px from its upper left corner. */
export function sizeAt(gridWidth: number, x: number, y: number): Pick<Panel, "width" | "height"> {
  const fit = (n: number, low: number, high: number) => Math.min(high, Math.max(low, Math.round(n)));
  return { width: fit((columns * (x + gap)) / (gridWidth + gap), 1, columns), height: fit((y + gap) / (row + gap), lowest, highest) };
}
