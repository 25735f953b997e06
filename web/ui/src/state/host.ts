import { batch, effect, signal } from "@preact/signals";
import { ApiError, fetchCharts, fetchInfo } from "../api/client";
import { LiveFeed } from "../api/live";
import { RequestQueue } from "../api/queue";
import type { Chart, Host, HostInfo, LiveBatch } from "../api/types";
import { ChartModel } from "./chart";
import { ServerClock } from "./clock";
import { FrameQueue } from "./frames";
import { spanOf, TimeRange, type Window } from "./range";
import { pageVisible } from "./visible";

export type HostStatus = "loading" | "ready" | "unknown" | "error";

const parallelRequests = 5;
const keptModels = 48; // charts out of view whose rows are kept, so that scrolling back shows them at once
const mostFollowed = 200; // charts in one live stream, the server's limit
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

  private readonly queue = new RequestQueue(parallelRequests);
  private readonly feed: LiveFeed;
  private readonly active = new Map<string, ChartModel>();
  private readonly kept = new Map<string, ChartModel>();
  private readonly abort = new AbortController();
  private readonly effects: (() => void)[];
  private timers: Record<"tick" | "reload" | "fill" | "charts", ReturnType<typeof setTimeout> | undefined> = { tick: undefined, reload: undefined, fill: undefined, charts: undefined };
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
    for (const m of this.active.values()) m.cancel();
  }

  /** A chart came into view on `width` pixels: its history is asked for and its points are followed until leave(). */
  enter(chart: Chart, width: number): ChartModel {
    let model = this.active.get(chart.id);
    if (model) return model;
    model = this.kept.get(chart.id);
    this.kept.delete(chart.id);
    if (!model || model.chart !== chart) {
      const hidden = model?.hidden.peek();
      model = new ChartModel(this.name, chart, this.queue);
      if (hidden) model.hidden.value = hidden;
    }
    model.width = width;
    this.active.set(chart.id, model);
    void this.load(model);
    return model;
  }

  leave(model: ChartModel): void {
    const { id } = model.chart;
    if (this.active.get(id) !== model) return;
    model.cancel();
    this.active.delete(id);
    this.kept.set(id, model);
    if (this.kept.size > keptModels) this.kept.delete(this.kept.keys().next().value!);
    this.feed.changed();
  }

  /** Holds the moving window still while a stretch of it is being selected. */
  hold(active: boolean): void {
    this.dragging = active;
    if (!active) this.tick();
  }

  /** The history of every chart in view is asked for again. */
  private reload(): void {
    this.refreshed = performance.now();
    for (const model of this.active.values()) void this.load(model);
  }

  private async load(model: ChartModel): Promise<void> {
    if (!(await model.load(this.range.window(), this.clock.now()))) return;
    if (this.active.get(model.chart.id) === model && this.range.signal.peek().kind === "live") this.feed.changed(true);
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
      if (model.outdated(now)) void this.load(model);
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
          void this.load(model);
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
      for (const [id, rows] of Object.entries(b.charts)) this.active.get(id)?.append(rows.dimensions, rows.points);
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
  }

  private suspend(): void {
    this.feed.stop();
    clearTimeout(this.timers.tick);
    clearTimeout(this.timers.reload);
    clearTimeout(this.timers.fill);
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
      for (const m of this.active.values()) if (m.status.peek() === "error") void this.load(m);
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
