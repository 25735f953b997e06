import { signal } from "@preact/signals";
import type { ChartRows } from "../api/rows";
import type { Chart, LiveChart } from "../api/types";
import { Series } from "../chart/series";

export type ChartStatus = "loading" | "ready" | "error";

/** Rows longer than this (seconds) are asked for again now and then instead of being followed live. */
const longestLiveStep = 120;

/** The data of one chart on a page: its rows, how they were obtained, and which dimensions are switched off. */
export class ChartModel {
  readonly series: Series;
  readonly status = signal<ChartStatus>("loading");
  /** Counts changes of the rows by live points. */
  readonly revision = signal(0);
  /** Counts answers of history: the drawing is to be renewed at once. */
  readonly loads = signal(0);
  /** Number of dimensions, which live points can raise. */
  readonly dimensions = signal(0);
  readonly hidden = signal<ReadonlySet<string>>(new Set());
  /** Pixels the drawing is wide: of several, the widest. */
  width = 400;
  /** Drawings of this chart on the page. */
  users = 0;
  /** When the latest history request was sent, by the server's clock. */
  requested = 0;
  /** The history request whose answer is waited for, 0 for none. */
  ticket = 0;

  constructor(
    readonly chart: Chart,
    /** What tells it from the others of its page. */
    readonly key = chart.id,
  ) {
    this.series = new Series(chart.dimensions, chart.updateEvery);
    this.dimensions.value = this.series.dimensions.length;
  }

  /** Whether live points belong to this chart now. */
  get followable(): boolean {
    return this.status.peek() === "ready" && this.ticket === 0 && this.series.step <= longestLiveStep;
  }

  /** Whether the rows should be asked for again: the last attempt failed, or they are too long to be followed and have aged. */
  outdated(now: number): boolean {
    if (this.ticket !== 0) return false;
    const age = now - this.requested;
    if (this.status.peek() === "error") return age > 10;
    return this.series.step > longestLiveStep && age > Math.max(30, this.series.step / 4);
  }

  /** Takes the answer of a history request that ended at `before`. */
  accept(rows: ChartRows, before: number): void {
    this.ticket = 0;
    this.series.replace(rows ?? { dimensions: [], times: [], columns: [], step: 1 }, rows?.times.at(-1) ?? before);
    this.dimensions.value = this.series.dimensions.length;
    this.status.value = "ready";
    this.loads.value++;
  }

  fail(): void {
    this.ticket = 0;
    this.status.value = "error";
  }

  append(rows: LiveChart): void {
    if (!this.followable || !this.series.append(rows.dimensions, rows.points, rows.anomalies)) return;
    this.dimensions.value = this.series.dimensions.length;
    this.revision.value++;
  }

  /** Switches a dimension on or off. */
  toggle(id: string): void {
    const hidden = new Set(this.hidden.peek());
    if (!hidden.delete(id)) hidden.add(id);
    // A chart of nothing helps nobody: switching the last one off shows all again.
    this.hidden.value = this.series.dimensions.every((d) => hidden.has(d.id)) ? new Set() : hidden;
  }

  /** Shows one dimension alone, or all when it is alone already. */
  isolate(id: string): void {
    const others = this.series.dimensions.map((d) => d.id).filter((d) => d !== id);
    const hidden = this.hidden.peek();
    const alone = !hidden.has(id) && others.every((d) => hidden.has(d));
    this.hidden.value = new Set(alone ? [] : others);
  }
}
