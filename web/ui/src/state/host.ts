import { batch, effect, signal } from "@preact/signals";
import { fetchAlarms, type Alarm } from "../api/alarms";
import { ApiError, fetchCharts, fetchInfo } from "../api/client";
import { LiveFeed } from "../api/live";
import { fetchRows } from "../api/rows";
import type { Chart, Host, HostInfo, LiveBatch } from "../api/types";
import { ChartModel } from "./chart";
import { ServerClock } from "./clock";
import { FrameQueue } from "./frames";
import { HistoryLoader } from "./history";
import { spanOf, TimeRange, type Window } from "./range";
import { pageVisible } from "./visible";

export type HostStatus = "loading" | "ready" | "unknown" | "error";

const keptModels = 48; // charts out of view whose rows are kept, so that scrolling back shows them at once
const mostFollowed = 200; // charts in one live stream, the server's limit
const alarmsEvery = 10_000; // ms
const longOutage = 300; // s of missing points that are asked for as history rather than as live points

/** Everything a host page knows and does: its facts, its charts, the charts in view and their live points. */
export class HostSession {
  readonly host = signal<Host | null>(null);
  readonly info = signal<HostInfo | null>(null);
  readonly charts = signal<Chart[]>([]);
  readonly status = signal<HostStatus>("loading");
  /** Why there is no connection to the server, or null. */
  readonly offline = signal<string | null>(null);
  readonly clock = new ServerClock();
  readonly range = new TimeRange(() => this.clock.now());
  /** The window on the screen; moves while the range is live. */
  readonly view = signal<Window>(this.range.window());
  readonly frames = new FrameQueue();
  /** Alerts by the id of their chart; those of the worst status first. */
  readonly alarms = signal<ReadonlyMap<string, readonly Alarm[]>>(new Map());
  /** Dimensions switched off, by chart id. */
  readonly hidden = signal<ReadonlyMap<string, ReadonlySet<string>>>(new Map());

  private readonly history = new HistoryLoader({
    fetch: (q, abort) => fetchRows(this.name, q, abort),
    window: () => this.range.window(),
    now: () => this.clock.now(),
    arrived: (models) => {
      if (this.range.signal.peek().kind === "live" && models.some((m) => this.active.get(m.chart.id) === m)) this.feed.changed(true);
    },
  });
  private readonly feed: LiveFeed;
  private readonly active = new Map<string, ChartModel>();
  private readonly kept = new Map<string, ChartModel>();
  private readonly abort = new AbortController();
  private readonly effects: (() => void)[];
  private timers: Record<"tick" | "reload" | "fill" | "charts" | "alarms", ReturnType<typeof setTimeout> | undefined> = { tick: undefined, reload: undefined, fill: undefined, charts: undefined, alarms: undefined };
  private ticked = 0;
  private dragging = false;
  private retry = 1000;
  private placed = false;
  private chartsDue = false;
  private refreshed = performance.now();

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
      this.range.signal.subscribe(() => this.rangeChanged()),
    ];
    void this.loadCharts();
    void this.loadInfo();
  }

  close(): void {
    this.effects.forEach((stop) => stop());
    this.suspend();
    clearTimeout(this.timers.charts);
    this.abort.abort();
    this.history.cancel();
  }

  /** A chart came into view on `width` pixels: its history is asked for and its points are followed until leave(). */
  enter(chart: Chart, width: number): ChartModel {
    let model = this.active.get(chart.id);
    if (model && model.chart === chart) {
      model.users++;
      model.width = Math.max(model.width, width);
      return model;
    }
    model = this.kept.get(chart.id);
    this.kept.delete(chart.id);
    if (!model || model.chart !== chart) {
      model = new ChartModel(chart);
      model.hidden.value = this.hidden.peek().get(chart.id) ?? new Set();
    }
    model.width = width;
    model.users = 1;
    this.active.set(chart.id, model);
    this.history.ask(model);
    return model;
  }

  /** Asks for the rows of a chart again, because it is drawn much wider now. */
  refine(model: ChartModel): void {
    if (this.active.get(model.chart.id) === model) this.history.ask(model);
  }

  leave(model: ChartModel): void {
    const { id } = model.chart;
    if (this.active.get(id) !== model || --model.users > 0) return;
    this.history.forget(model);
    this.active.delete(id);
    this.kept.set(id, model);
    if (this.kept.size > keptModels) this.kept.delete(this.kept.keys().next().value!);
    this.feed.changed();
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
    for (const [id, model] of [...this.active, ...this.kept]) model.hidden.value = hidden.get(id) ?? new Set();
  }

  /** Holds the moving window still while a stretch of it is being selected. */
  hold(active: boolean): void {
    this.dragging = active;
    if (!active) this.tick();
  }

  /** The history of every chart in view is asked for again. */
  private reload(): void {
    this.refreshed = performance.now();
    this.history.restart(this.active.values());
  }

  private rangeChanged(): void {
    clearTimeout(this.timers.reload);
    this.tick();
    if (this.active.size === 0) return;
    // A wheel or a held key changes the range many times a second; the last one counts.
    this.timers.reload = setTimeout(() => {
      if (pageVisible.peek()) this.reload();
      this.feed.changed();
    }, 120);
  }

  /** Moves the window, and again when it would have moved by about two pixels. */
  private tick(): void {
    clearTimeout(this.timers.tick);
    const range = this.range.signal.peek();
    const moving = range.kind === "live" && pageVisible.peek();
    if (!this.dragging) this.view.value = this.range.window();
    this.ticked = performance.now();
    if (!moving) return;
    const now = this.clock.now();
    for (const model of this.active.values()) {
      if (model.outdated(now)) this.history.ask(model);
      model.series.trim(this.view.peek().after - 2 * model.series.step);
    }
    this.timers.tick = setTimeout(() => this.tick(), this.pace());
  }

  private pace(): number {
    const twoPixels = (2000 * spanOf(this.range.signal.peek())) / 500;
    return Math.min(1000, Math.max(100, 10 * this.active.size, twoPixels));
  }

  private wanted(): { charts: string[]; after: number } {
    const now = this.clock.now();
    const charts: string[] = [];
    let after = now;
    if (this.range.signal.peek().kind === "live") {
      for (const model of this.active.values()) {
        if (!model.followable || charts.length === mostFollowed) continue;
        if (model.series.covered < now - longOutage) {
          this.history.ask(model);
          continue;
        }
        charts.push(model.chart.id);
        after = Math.min(after, model.series.covered);
      }
    }
    return { charts: charts.sort(), after };
  }

  private points(b: LiveBatch): void {
    const believed = this.clock.now();
    this.clock.learn(b.now);
    // The browser's clock was wrong, and so was the window whose history was asked for.
    if (Math.abs(this.clock.now() - believed) > 5) this.reload();
    batch(() => {
      for (const [id, rows] of Object.entries(b.charts)) this.active.get(id)?.append(rows);
    });
    // Draw new points when they come rather than up to a second later.
    if (this.range.signal.peek().kind === "live" && performance.now() - this.ticked > 0.6 * this.pace()) this.tick();
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
    const filling = host.state === "replicating" && performance.now() - this.refreshed > 5000;
    if (filling) this.reload();
    if (again && host.connection) {
      clearTimeout(this.timers.fill);
      this.timers.fill = setTimeout(() => this.reload(), 3000);
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

  private resume(): void {
    this.feed.start();
    this.tick();
    void this.loadAlarms();
  }

  private suspend(): void {
    this.feed.stop();
    clearTimeout(this.timers.tick);
    clearTimeout(this.timers.reload);
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
      this.status.value = "ready";
      this.retry = 1000;
      for (const m of this.active.values()) if (m.status.peek() === "error") this.history.ask(m);
    } catch (err) {
      if (this.abort.signal.aborted) return;
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
    if (!this.abort.signal.aborted && pageVisible.peek()) this.timers.alarms = setTimeout(() => void this.loadAlarms(), alarmsEvery);
  }

  private async loadInfo(): Promise<void> {
    try {
      this.info.value = await fetchInfo(this.name, this.abort.signal);
    } catch {
      // Facts only: the header does without them.
    }
  }
}

function sameDefinition(a: Chart, b: Chart): boolean {
  const facts = (c: Chart) => JSON.stringify([c.name, c.type, c.family, c.context, c.title, c.priority, c.units, c.chartType, c.updateEvery, c.dimensions]);
  return facts(a) === facts(b);
}

const severity: Record<Alarm["status"], number> = { CRITICAL: 0, WARNING: 1, CLEAR: 2, UNDEFINED: 3, UNINITIALIZED: 4 };

function byChart(list: readonly Alarm[]): Map<string, Alarm[]> {
  const out = new Map<string, Alarm[]>();
  for (const a of list.toSorted((a, b) => severity[a.status] - severity[b.status] || a.name.localeCompare(b.name))) {
    const of = out.get(a.chart);
    if (of) of.push(a);
    else out.set(a.chart, [a]);
  }
  return out;
}
