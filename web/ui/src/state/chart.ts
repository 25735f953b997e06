import { signal } from "@preact/signals";
import { fetchData } from "../api/client";
import type { RequestQueue } from "../api/queue";
import type { Chart } from "../api/types";
import { Series } from "../chart/series";
import { historyWindow, type Window } from "./range";

export type ChartStatus = "loading" | "ready" | "error";

/** Rows longer than this (seconds) are asked for again now and then instead of being followed live. */
const longestLiveStep = 120;

/** The data of one chart on a host page: its rows, how they were obtained, and which dimensions are switched off. */
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
  /** Pixels the drawing is wide. */
  width = 400;
  /** When the latest history request was sent, by the server's clock. */
  requested = 0;
  private abort: AbortController | null = null;

  constructor(
    private readonly host: string,
    readonly chart: Chart,
    private readonly queue: RequestQueue,
  ) {
    this.series = new Series(chart.dimensions, chart.updateEvery);
    this.dimensions.value = this.series.dimensions.length;
  }

  /** Whether live points belong to this chart now. */
  get followable(): boolean {
    return this.status.peek() === "ready" && this.abort === null && this.series.step <= longestLiveStep;
  }

  /** Whether the rows should be asked for again: the last attempt failed, or they are too long to be followed and have aged. */
  outdated(now: number): boolean {
    if (this.abort !== null) return false;
    const age = now - this.requested;
    if (this.status.peek() === "error") return age > 10;
    return this.series.step > longestLiveStep && age > Math.max(30, this.series.step / 4);
  }

  /** Asks for the history of a window, giving up on an earlier request. Reports whether rows arrived. */
  async load(window: Window, now: number): Promise<boolean> {
    this.cancel();
    const abort = (this.abort = new AbortController());
    const { after, before, points } = historyWindow(window, this.width, this.chart.updateEvery, now);
    this.requested = now;
    try {
      const table = await this.queue.run(abort.signal, () => fetchData(this.host, { chart: this.chart.id, after, before, points }, abort.signal));
      if (this.abort !== abort) return false;
      this.series.replace(table, before);
      this.dimensions.value = this.series.dimensions.length;
      this.status.value = "ready";
      this.loads.value++;
      return true;
    } catch {
      if (!abort.signal.aborted) this.status.value = "error";
      return false;
    } finally {
      if (this.abort === abort) this.abort = null;
    }
  }

  cancel(): void {
    this.abort?.abort();
    this.abort = null;
  }

  append(ids: readonly string[], rows: Parameters<Series["append"]>[1]): void {
    if (!this.followable || !this.series.append(ids, rows)) return;
    this.dimensions.value = this.series.dimensions.length;
    this.revision.value++;
  }

  /** Switches a dimension on or off. */
  toggle(id: string): void {
    const hidden = new Set(this.hidden.peek());
    if (!hidden.delete(id)) hidden.add(id);
    // A chart of nothing helps nobody: switching the last one off shows all again.
    this.hidden.value = hidden.size >= this.series.dimensions.length ? new Set() : hidden;
  }

  /** Shows one dimension alone, or all when it is alone already. */
  isolate(id: string): void {
    const others = this.series.dimensions.map((d) => d.id).filter((d) => d !== id);
    const alone = !this.hidden.peek().has(id) && this.hidden.peek().size === others.length;
    this.hidden.value = new Set(alone ? [] : others);
  }
}
