import { effect, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { BoardSession } from "../../state/board";
import type { BoardEdit } from "../../state/boardedit";
import { parameters, setParameters } from "../../state/router";
import { readView, writeView, type HostView } from "../hostview";

const rest = 250; // ms the view rests before the address follows: browsers limit how often it may change

/** What is shown, as the address of a dashboard says it: panels stand where charts do on the page of a host. */
export function boardView(board: BoardSession, full: string): HostView {
  return { range: board.range.signal.peek(), hidden: board.hidden.peek(), query: "", full };
}

/** Keeps the address of a dashboard and what it shows the same, whichever of them changes. */
export function useBoardAddress(edit: BoardEdit, board: BoardSession, full: Signal<string>): void {
  const last = edit.saved.value?.last ?? null;
  useEffect(() => {
    if (last === null) return;
    const text = (v: HostView) => JSON.stringify(writeView(v, last));
    let timer: ReturnType<typeof setTimeout> | undefined;
    let seen = false;
    const stops = [
      effect(() => {
        const read = readView(parameters.value);
        const wanted: HostView = { ...read, query: "", range: read.range ?? { kind: "live", span: last } };
        const shown = boardView(board, full.peek());
        if (text(wanted) === text(shown)) return;
        board.range.set(wanted.range!);
        board.hide(wanted.hidden);
        full.value = wanted.full;
      }),
      effect(() => {
        void [board.range.value, board.hidden.value, full.value];
        if (!seen) {
          seen = true; // this is what the address says
          return;
        }
        clearTimeout(timer);
        timer = setTimeout(() => setParameters(writeView(boardView(board, full.peek()), last)), rest);
      }),
    ];
    return () => {
      clearTimeout(timer);
      stops.forEach((stop) => stop());
    };
  }, [board, full, last]);
}
