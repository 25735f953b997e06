import { useKeys } from "./keys";

const clear = 120; // px kept free above, where bars stand, and below

/** The link after or before the one in whose row the focus is; with the focus elsewhere the first that no bar covers. */
function neighbour(links: readonly HTMLElement[], by: number): HTMLElement | undefined {
  const row = (e: Element) => e.closest("tr, .tile, [role=listitem]") ?? e;
  const focused = document.activeElement;
  const at = focused ? links.findIndex((l) => l === focused || row(l).contains(focused)) : -1;
  if (at >= 0) return links[at + by];
  return links.find((l) => l.getBoundingClientRect().top >= clear) ?? links[0];
}

/** Moves the focus to the next or previous link that `selector` finds, or to the first on the screen; false when there is none. */
export function stepLink(selector: string, by: 1 | -1): boolean {
  const link = neighbour([...document.querySelectorAll<HTMLElement>(selector)], by);
  if (!link) return false;
  link.focus({ preventScroll: true });
  const { top, bottom } = (link.closest("tr, .tile, [role=listitem]") ?? link).getBoundingClientRect();
  if (top < clear) scrollBy(0, top - clear);
  else if (bottom > innerHeight - clear) scrollBy(0, bottom - innerHeight + clear);
  return true;
}

/** The arrow keys, j and k walk through a list, wherever on the page the focus is. */
export function useListKeys(selector: string): void {
  const next = () => stepLink(selector, 1);
  const previous = () => stepLink(selector, -1);
  useKeys({ ArrowDown: next, j: next, ArrowUp: previous, k: previous });
}
