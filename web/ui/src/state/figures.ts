import { figureKinds, type FigureHistory, type Figures } from "../api/fleet";

const most = 60; // values kept of a figure
const longestHole = 20; // s between two answers after which the history is no longer continued

/** How many answers went into the last value of each list, which is still growing. */
const growing = new WeakMap<FigureHistory, { step: number; n: Record<string, number>; at: number }>();

/**
 * Continues a history with the figures of now: the value of the current step is the mean of those seen in it. It is false when
 * too much time has passed since the last ones.
 */
export function appendFigures(history: FigureHistory, now: number, figures: Figures): boolean {
  const { step } = history;
  const length = Math.max(0, ...figureKinds.map((k) => history.values[k].length));
  const state = growing.get(history) ?? { step: length - 1, n: {}, at: now };
  const index = Math.ceil((now - history.first) / step);
  if (now - state.at > longestHole || index > length + longestHole / step || index < length - 2) return false;
  for (const kind of figureKinds) {
    const list = history.values[kind];
    const v = figures[kind];
    if (list.length === 0 && v === null) continue;
    while (list.length <= index) list.push(list.length < index ? (list.at(-1) ?? null) : null);
    if (index !== state.step) state.n[kind] = 0;
    if (v === null) continue;
    const n = state.n[kind] ?? 0;
    list[index] = n === 0 ? v : (list[index]! * n + v) / (n + 1);
    state.n[kind] = n + 1;
  }
  state.step = index;
  state.at = now;
  const over = Math.max(0, ...figureKinds.map((k) => history.values[k].length)) - most;
  if (over > 0) {
    for (const kind of figureKinds) history.values[kind].splice(0, over);
    history.first += over * step;
    state.step -= over;
  }
  growing.set(history, state);
  return true;
}
