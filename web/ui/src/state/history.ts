import type { ChartRows, RowsQuery } from "../api/rows";
import type { ChartModel } from "./chart";
import type { Window } from "./range";

const gather = 12; // ms in which charts that come into view share a request
const mostCharts = 100; // in one request
const roundWidth = 100; // px: charts of nearly the same width share a request
const mostPoints = 1500;

/** What to read of charts, whichever they are. */
export type RowsWanted = Omit<RowsQuery, "charts">;

export interface HistorySource {
  /** Reads the rows of charts, in their order. */
  fetch(models: readonly ChartModel[], q: RowsWanted, signal: AbortSignal): Promise<ChartRows[]>;
  window(): Window;
  now(): number;
  /** Rows of charts arrived. */
  arrived(models: readonly ChartModel[]): void;
  /** Charts of any width share a request: they get as many rows as the widest of them. */
  together?: boolean;
}

/** Asks for the history of charts: of all that need it in one request, whatever made them need it. */
export class HistoryLoader {
  private readonly due = new Set<ChartModel>();
  private readonly running = new Set<AbortController>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private tickets = 0;

  constructor(private readonly source: HistorySource) {}

  /** Asks for the rows of a chart in the present window, soon. */
  ask(model: ChartModel): void {
    model.ticket = ++this.tickets;
    model.requested = this.source.now();
    this.due.add(model);
    this.timer ??= setTimeout(() => this.flush(), gather);
  }

  /** Gives up on all requests under way and asks for the rows of these charts at once. */
  restart(models: Iterable<ChartModel>): void {
    this.cancel();
    for (const m of models) this.ask(m);
    this.flush();
  }

  cancel(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const m of this.due) m.ticket = 0;
    this.due.clear();
    for (const abort of this.running) abort.abort();
    this.running.clear();
  }

  /** The chart needs no rows any more. */
  forget(model: ChartModel): void {
    model.ticket = 0;
    this.due.delete(model);
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const groups = new Map<number, ChartModel[]>();
    const widest = this.source.together ? Math.max(...[...this.due].map((m) => m.width)) : 0;
    for (const m of this.due) {
      const points = Math.min(mostPoints, Math.ceil(Math.max(widest, m.width) / roundWidth) * roundWidth);
      const group = groups.get(points);
      if (group) group.push(m);
      else groups.set(points, [m]);
    }
    this.due.clear();
    for (const [points, models] of groups) {
      for (let i = 0; i < models.length; i += mostCharts) void this.request(points, models.slice(i, i + mostCharts));
    }
  }

  private async request(points: number, models: readonly ChartModel[]): Promise<void> {
    const abort = new AbortController();
    this.running.add(abort);
    const tickets = models.map((m) => m.ticket);
    const { after, before } = this.source.window();
    const mine = (m: ChartModel, i: number) => m.ticket !== 0 && m.ticket === tickets[i];
    try {
      const rows = await this.source.fetch(models, { after, before, points }, abort.signal);
      const fresh = models.filter(mine);
      models.forEach((m, i) => mine(m, i) && m.accept(rows[i] ?? null, Math.min(before, this.source.now())));
      this.source.arrived(fresh);
    } catch {
      models.forEach((m, i) => {
        if (!mine(m, i)) return;
        if (abort.signal.aborted) m.ticket = 0;
        else m.fail();
      });
    } finally {
      this.running.delete(abort);
    }
  }
}
