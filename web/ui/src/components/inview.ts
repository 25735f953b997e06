import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

const margin = "160px 0px"; // charts a little outside are drawn ahead of scrolling
const dwell = 90; // ms an element must stay, so that scrolling past many charts starts none of them

let scrolled = -Infinity;
addEventListener("scroll", () => (scrolled = performance.now()), { passive: true });

const listeners = new WeakMap<Element, (inside: boolean) => void>();

const observer = new IntersectionObserver(
  (entries) => {
    for (const e of entries) listeners.get(e.target)?.(e.isIntersecting);
  },
  { rootMargin: margin },
);

/** Whether the element is on the screen, or nearly. */
export function useInView(ref: RefObject<Element | null>): boolean {
  const [inside, setInside] = useState(false);
  useEffect(() => {
    const el = ref.current;
    if (!el) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    listeners.set(el, (now) => {
      clearTimeout(timer);
      if (now && performance.now() - scrolled < dwell) timer = setTimeout(() => setInside(true), dwell);
      else setInside(now);
    });
    observer.observe(el);
    return () => {
      clearTimeout(timer);
      observer.unobserve(el);
      listeners.delete(el);
    };
  }, [ref]);
  return inside;
}
