import { batch, signal, type ReadonlySignal, type Signal } from "@preact/signals";

/** What a host page shows: the last `span` seconds, moving, or a fixed time. */
export type Range = { kind: "live"; span: number } | { kind: "fixed"; after: number; before: number };

export interface Window {
  after: number;
  before: number;
}

/** Seconds the moving window ends behind now: what was just collected needs that long to arrive. */
const liveDelay = 1;

/** Seconds that a page shows when nobody asked for others. */
export const usualSpan = 300;

const minSpan = 10;
const maxSpan = 5 * 365 * 86400;

export const presets: readonly { label: string; span: number }[] = [
  { label: "1m", span: 60 },
  { label: "5m", span: 300 },
  { label: "15m", span: 900 },
  { label: "1h", span: 3600 },
  { label: "6h", span: 6 * 3600 },
  { label: "24h", span: 86400 },
];

export function spanOf(range: Range): number {
  return range.kind === "live" ? range.span : range.before - range.after;
}

export function windowOf(range: Range, now: number): Window {
  if (range.kind === "fixed") return { after: range.after, before: range.before };
  return { after: now - liveDelay - range.span, before: now - liveDelay };
}

function clamp(span: number): number {
  return Math.min(maxSpan, Math.max(minSpan, span));
}

/** A fixed range between two times in any order, at least ten seconds long and not in the future. */
export function select(a: number, b: number, now: number): Range {
  const span = clamp(Math.abs(b - a));
  const middle = (a + b) / 2;
  const before = Math.min(now, middle + span / 2);
  return { kind: "fixed", after: before - span, before };
}

/**
 * Makes the range `factor` times as long, with the time `anchor` staying where it is on the screen. A live range stays live,
 * unless it is shortened around a time that would leave its moving end.
 */
export function zoom(range: Range, factor: number, now: number, anchor?: number): Range {
  const w = windowOf(range, now);
  const span = clamp((w.before - w.after) * factor);
  if (range.kind === "live" && (anchor === undefined || factor > 1)) return { kind: "live", span };
  const at = anchor ?? (w.after + w.before) / 2;
  const share = (at - w.after) / (w.before - w.after);
  const before = Math.min(now, at + span * (1 - share));
  return { kind: "fixed", after: before - span, before };
}

/** Moves by a share of the span; moving into the future becomes live. */
export function pan(range: Range, share: number, now: number): Range {
  const w = windowOf(range, now);
  const span = w.before - w.after;
  if (w.before + share * span >= now - liveDelay) return share > 0 ? { kind: "live", span } : range;
  return { kind: "fixed", after: w.after + share * span, before: w.before + share * span };
}

/** The time range and cursor that all charts of a page share. */
export class TimeRange {
  private readonly current: Signal<Range>;
  /** Time under the pointer on any chart, or where the keyboard moved it, or null. */
  readonly cursor = signal<number | null>(null);
  /** Whether the keyboard moved the cursor: then no chart is under a pointer that says the time. */
  readonly keyed = signal(false);
  private liveSpan: number;

  constructor(
    private readonly now: () => number,
    initial: Range = { kind: "live", span: usualSpan },
  ) {
    this.current = signal(initial);
    this.liveSpan = spanOf(initial);
  }

  get value(): Range {
    return this.current.value;
  }

  get signal(): ReadonlySignal<Range> {
    return this.current;
  }

  window(): Window {
    return windowOf(this.current.peek(), this.now());
  }

  set(range: Range): void {
    if (range.kind === "live") this.liveSpan = range.span;
    this.current.value = range;
  }

  /** Puts the cursor at a time, or takes it away. */
  point(time: number | null, keyed = false): void {
    batch(() => {
      this.cursor.value = time;
      this.keyed.value = keyed && time !== null;
    });
  }

  /** Shows the last `span` seconds live. */
  live(span: number = this.liveSpan): void {
    this.set({ kind: "live", span });
  }

  /** Freezes what is on the screen, or lets it run again. */
  togglePause(): void {
    const range = this.current.peek();
    if (range.kind === "live") this.set({ kind: "fixed", ...this.window() });
    else this.live(spanOf(range));
  }

  select(a: number, b: number): void {
    this.set(select(a, b, this.now()));
  }

  zoom(factor: number, anchor?: number): void {
    this.set(zoom(this.current.peek(), factor, this.now(), anchor));
  }

  /** Moves the window by seconds; negative ones into the past. */
  shift(seconds: number): void {
    this.pan(seconds / spanOf(this.current.peek()));
  }

  pan(share: number): void {
    this.set(pan(this.current.peek(), share, this.now()));
  }
}
