import { effect, type ReadonlySignal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { HostSession } from "../state/host";
import { usualSpan } from "../state/range";
import { parameters, setParameters } from "../state/router";
import type { Section } from "../state/sections";
import { readView, writeView, type HostView } from "./hostview";

const rest = 250; // ms the view rests before the address follows: browsers limit how often it may change
const settle = 600; // ms after the charts came in which the page scrolls to its section

interface Shown {
  query: Signal<string>;
  full: Signal<string>;
  sections: ReadonlySignal<Section[]>;
  current: ReadonlySignal<string>;
}

/** Keeps the address of a host page and what it shows the same, whichever of them changes. */
export function useHostAddress(session: HostSession, { query, full, sections, current }: Shown): void {
  const ready = sections.value.length > 0;
  useEffect(() => {
    const view = (): HostView => ({ range: session.range.value, hidden: session.hidden.value, query: query.value, full: full.value });
    const text = (v: HostView) => JSON.stringify(writeView(v, usualSpan));
    let timer: ReturnType<typeof setTimeout> | undefined;
    let seen = false;
    const stops = [
      effect(() => {
        const wanted = readView(parameters.value);
        const shown = { range: session.range.signal.peek(), hidden: session.hidden.peek(), query: query.peek(), full: full.peek() };
        if (text(wanted) === text(shown)) return;
        session.range.set(wanted.range ?? { kind: "live", span: usualSpan });
        session.hide(wanted.hidden);
        query.value = wanted.query;
        full.value = wanted.full;
      }),
      effect(() => {
        const changes = writeView(view(), usualSpan);
        if (!seen) {
          seen = true; // this is what the address says
          return;
        }
        clearTimeout(timer);
        timer = setTimeout(() => setParameters(changes), rest);
      }),
    ];
    return () => {
      clearTimeout(timer);
      stops.forEach((stop) => stop());
    };
  }, [session, query, full]);

  useEffect(() => {
    if (!ready) return;
    // The browser looks for the fragment of the address before the charts are there.
    chosen()?.scrollIntoView();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const begun = performance.now();
    const stop = effect(() => {
      const id = current.value;
      clearTimeout(timer);
      if (id === "") return;
      // The first family of a section stands for all of it, with its heading.
      const place = sections.peek().find((s) => s.families[0]?.id === id)?.id ?? id;
      timer = setTimeout(() => follow(place), Math.max(rest, settle - (performance.now() - begun)));
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [ready, sections, current]);
}

/** The section that the address names. */
function chosen(): HTMLElement | null {
  try {
    return document.getElementById(decodeURIComponent(location.hash.slice(1)));
  } catch {
    return null; // what cannot be decoded names nothing
  }
}

/** Notes the section on the screen in the address. The top of the page needs none. */
function follow(id: string): void {
  const hash = scrollY < 40 ? "" : `#${encodeURIComponent(id)}`;
  if (hash === location.hash || atEnd()) return;
  history.replaceState(null, "", location.pathname + location.search + hash);
}

/** Whether the section of the address is as far up as the end of the page lets it come: then it is the one that was chosen. */
function atEnd(): boolean {
  const { scrollHeight } = document.documentElement;
  if (location.hash === "" || scrollY + innerHeight < scrollHeight - 2) return false;
  const top = chosen()?.getBoundingClientRect().top ?? -1;
  return top > 0 && top < innerHeight;
}
