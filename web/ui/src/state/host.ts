import { batch, effect, signal } from "@preact/signals";
import { fetchAlarms, type Alarm } from "../api/alarms";
import { ApiError, fetchCharts, fetchInfo } from "../api/client";
import { LiveFeed } from "../api/live";
import { fetchRows } from "../api/rows";
import type { Chart, Host, HostInfo, LiveBatch } from "../api/types";
import type { ChartModel } from "./chart";
import { spanOf } from "./range";
import { Viewport } from "./viewport";
import { pageVisible } from "./visible";

/** What is known of a host; "parent" is foster itself, which has no charts and sends no points. */
export type HostStatus = "loading" | "ready" | "unknown" | "error" | "parent";

const mostFollowed = 200; // charts in one live stream, the server's limit
const alarmsEvery = 10_000; // ms

/** Everything a host page knows and does: its facts, its charts, the charts in view and their live points. */
export class HostSession {
  readonly host = signal<Host | null>(null);
  readonly info = signal<HostInfo | null>(null);
  readonly charts = signal<Chart[]>([]);
  readonly status = signal<HostStatus>("loading");
  /** Why there is no connection to the server, or null. */
  readonly offline = signal<string | null>(null);
  readonly viewport = new Viewport({
    fetch: (models, q, abort) => fetchRows(this.name, { charts: models.map((m) => m.chart.id), ...q }, abort),
    changed: (older) => this.feed.changed(older),
  });
  readonly clock = this.viewport.clock;
  readonly range = this.viewport.range;
  readonly view = this.viewport.view;
  readonly frames = this.viewport.frames;
  /** Alerts by the id of their chart; those of the worst status first. */
  readonly alarms = signal<ReadonlyMap<string, readonly Alarm[]>>(new Map());
  /** Dimensions switched off, by chart id. */
  readonly hidden = signal<ReadonlyMap<string, ReadonlySet<string>>>(new Map());

  private readonly feed: LiveFeed;
  private readonly abort = new AbortController();
  private readonly effects: (() => void)[];
  private timers: Record<"fill" | "charts" | "alarms", ReturnType<typeof setTimeout> | undefined> = { fill: undefined, charts: undefined, alarms: undefined };
  private retry = 1000;
  private placed = false;
  /** Foster has answered, if it does answer, whether this host is foster itself, which has no stream. */
  private told = false;
  /** Foster did not know the host when it was asked about it. */
  private absent = false;
  private chartsDue = false;

  constructor(readonly name: string) {
    this.feed = new LiveFeed(name, {
      request: () => this.wanted(),
      points: (b) => this.points(b),
      chartsChanged: () => {
        // A connecting host defines charts for seconds: wait a little, but not for the last one.
        if (!this.chartsDue) this.reloadChartsSoon(1000);
      },
      host: (h) => this.hostChanged(h),
      connected: (up, again) => this.connected(up, again),
    });
    this.effects = [
      effect(() => {
        if (pageVisible.value) this.resume();
        else this.suspend();
      }),
    ];
    void this.loadCharts();
    void this.loadInfo();
  }

  close(): void {
    this.effects.forEach((stop) => stop());
    this.suspend();
    clearTimeout(this.timers.charts);
    this.abort.abort();
    this.viewport.close();
  }

  /** A chart came into view on `width` pixels: its history is asked for and its points are followed until leave(). */
  enter(chart: Chart, width: number): ChartModel {
    return this.viewport.enter(chart.id, chart, width, this.hidden.peek().get(chart.id) ?? new Set());
  }

  leave(model: ChartModel): void {
    this.viewport.leave(model);
  }

  /** Asks for the rows of a chart again, because it is drawn much wider now. */
  refine(model: ChartModel): void {
    this.viewport.refine(model);
  }

  /** Holds the moving window still while a stretch of it is being selected. */
  hold(active: boolean): void {
    this.viewport.hold(active);
  }

  /** Notes which dimensions of a chart are switched off, for the address and for when the chart comes back. */
  keepHidden(model: ChartModel): void {
    const now = model.hidden.peek();
    const before = this.hidden.peek();
    if (now === before.get(model.chart.id) || (now.size === 0 && !before.has(model.chart.id))) return;
    const next = new Map(before);
    if (now.size > 0) next.set(model.chart.id, now);
    else next.delete(model.chart.id);
    this.hidden.value = next;
  }

  /** Switches dimensions off as an address says. */
  hide(hidden: ReadonlyMap<string, ReadonlySet<string>>): void {
    this.hidden.value = hidden;
    for (const model of this.viewport.known()) model.hidden.value = hidden.get(model.key) ?? new Set();
  }

  private wanted(): { charts: string[]; after: number } {
    const { models, after } = this.viewport.following(mostFollowed);
    return { charts: models.map((m) => m.chart.id).sort(), after };
  }

  private points(b: LiveBatch): void {
    batch(() => {
      for (const [id, rows] of Object.entries(b.charts)) this.viewport.inView.get(id)?.append(rows);
    });
    this.viewport.advance(b.now);
  }

  private hostChanged(host: Host): void {
    const before = this.host.peek();
    this.host.value = host;
    if (!this.placed) {
      this.placed = true;
      // A host that sends nothing has nothing to show at the present: start at the end of its history.
      const silent = host.state === "archived" || (host.state === "stale" && this.clock.now() - host.lastSeen > 60);
      if (silent && host.lastSeen > 0 && this.range.signal.peek().kind === "live") this.showLast();
    }
    // Replicated rows arrive behind the ones on the screen, where the feed does not send them: ask for history again while
    // that goes on, and a little after a connection began or a replication ended.
    const again = before && (before.state !== host.state || before.connection?.since !== host.connection?.since);
    const filling = host.state === "replicating" && performance.now() - this.viewport.refreshed > 5000;
    if (filling) this.viewport.reload();
    if (again && host.connection) {
      clearTimeout(this.timers.fill);
      this.timers.fill = setTimeout(() => this.viewport.reload(), 3000);
    }
  }

  /** Shows the end of what the host sent. */
  showLast(): void {
    const last = this.host.peek()?.lastSeen ?? 0;
    const span = spanOf(this.range.signal.peek());
    if (last > 0) this.range.set({ kind: "fixed", after: last - span, before: last });
  }

  private connected(up: boolean, again: boolean): void {
    this.offline.value = up ? null : "no connection";
    if (up && again) this.reloadChartsSoon(0);
  }

  /** Whether there is nothing to ask for again and again: of foster itself, of a host that there is not, of a page that was left. */
  private get over(): boolean {
    return this.abort.signal.aborted || this.status.peek() === "parent" || this.status.peek() === "unknown";
  }

  private resume(): void {
    if (this.over) return;
    this.follow();
    this.viewport.resume();
    void this.loadAlarms();
  }

  private follow(): void {
    if (this.told && !this.over && pageVisible.peek()) this.feed.start();
  }

  /** Whether this is foster itself is as clear as it gets: the stream is opened if there is one. */
  private settled(): void {
    if (this.told) return;
    this.told = true;
    this.follow();
  }

  private suspend(): void {
    this.feed.stop();
    this.viewport.suspend();
    clearTimeout(this.timers.fill);
    clearTimeout(this.timers.alarms);
  }

  private reloadChartsSoon(ms: number): void {
    clearTimeout(this.timers.charts);
    this.chartsDue = true;
    this.timers.charts = setTimeout(() => void this.loadCharts(), ms);
  }

  private async loadCharts(): Promise<void> {
    this.chartsDue = false;
    try {
      const charts = await fetchCharts(this.name, this.abort.signal);
      const known = new Map(this.charts.peek().map((c) => [c.id, c]));
      // A chart that did not change stays the same object: nothing of it is drawn or asked for again.
      this.charts.value = charts.map((c) => {
        const old = known.get(c.id);
        return old && sameDefinition(old, c) ? old : c;
      });
      if (this.status.peek() === "parent") return;
      if (charts.length > 0 || this.absent) this.settled();
      this.status.value = "ready";
      this.retry = 1000;
      this.viewport.askFailed();
    } catch (err) {
      if (this.abort.signal.aborted) return;
      if (this.status.peek() === "parent") return;
      if (err instanceof ApiError && err.status === 404) {
        this.status.value = "unknown";
        this.suspend();
        return;
      }
      if (this.status.peek() === "loading") this.status.value = "error";
      this.reloadChartsSoon(this.retry);
      this.retry = Math.min(10_000, this.retry * 2);
    }
  }

  private async loadAlarms(): Promise<void> {
    clearTimeout(this.timers.alarms);
    try {
      const list = await fetchAlarms(this.name, this.abort.signal);
      this.alarms.value = byChart(list);
    } catch {
      // Charts without their alerts are charts still; that foster is away is said elsewhere.
    }
    if (!this.over && pageVisible.peek()) this.timers.alarms = setTimeout(() => void this.loadAlarms(), alarmsEvery);
  }

  private async loadInfo(): Promise<void> {
    try {
      const info = await fetchInfo(this.name, this.abort.signal);
      this.info.value = info;
      if (info.parent) {
        this.status.value = "parent";
        clearTimeout(this.timers.charts);
        this.suspend();
      }
    } catch (err) {
      if (err instanceof ApiError && err.status === 404 && this.status.peek() !== "ready") {
        this.absent = true; // there is no such host, unless its charts say otherwise
        return;
      }
      // Facts only: the header does without them.
    }
    this.settled();
  }
}

/** Whether two answers tell the same of a chart. */
export function sameDefinition(a: Chart, b: Chart): boolean {
  const facts = (c: Chart) => JSON.stringify([c.name, c.type, c.family, c.context, c.title, c.priority, c.units, c.chartType, c.updateEvery, c.dimensions]);
  return facts(a) === facts(b);
}

const severity: Record<Alarm["status"], number> = { CRITICAL: 0, WARNING: 1, CLEAR: 2, UNDEFINED: 3, UNINITIALIZED: 4 };

/** The alerts of each chart, those of the worst status first. */
export function byChart(list: readonly Alarm[]): Map<string, Alarm[]> {
  const out = new Map<string, Alarm[]>();
  for (const a of list.toSorted((a, b) => severity[a.status] - severity[b.status] || a.name.localeCompare(b.name))) {
    const of = out.get(a.chart);
    if (of) of.push(a);
    else out.set(a.chart, [a]);
  }
  return out;
}
