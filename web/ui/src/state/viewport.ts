import { signal } from "@preact/signals";
import type { ChartRows } from "../api/rows";
import type { Chart } from "../api/types";
import { ChartModel } from "./chart";
import { ServerClock } from "./clock";
import { FrameQueue } from "./frames";
import { HistoryLoader, type RowsWanted } from "./history";
import { spanOf, TimeRange, type Window } from "./range";
import { pageVisible } from "./visible";

const keptModels = 48; // charts out of view whose rows are kept, so that scrolling back shows them at once
const longOutage = 300; // s of missing points that are asked for as history rather than as live points
const settle = 120; // ms: a wheel or a held key changes the range many times a second; the last one counts

export interface ViewportSource {
  /** Reads the rows of charts, in their order. */
  fetch(models: readonly ChartModel[], q: RowsWanted, signal: AbortSignal): Promise<ChartRows[]>;
  /** The charts whose live points are wanted changed; `older` when one that was followed already lacks some. */
  changed(older: boolean): void;
  /** Charts of any width share a request, rather than those of about the same. */
  together?: boolean;
}

/** The charts of a page that are in view, the time that they share, and their rows. Live points come from the page's session. */
export class Viewport {
  readonly clock = new ServerClock();
  readonly range = new TimeRange(() => this.clock.now());
  /** The window on the screen; moves while the range is live. */
  readonly view = signal<Window>(this.range.window());
  readonly frames = new FrameQueue();
  /** When the rows of all charts were last asked for, by performance.now(). */
  refreshed = performance.now();

  private readonly active = new Map<string, ChartModel>();
  private readonly kept = new Map<string, ChartModel>();
  private readonly history: HistoryLoader;
  private readonly watch: () => void;
  private timers: Record<"tick" | "reload", ReturnType<typeof setTimeout> | undefined> = { tick: undefined, reload: undefined };
  private ticked = 0;
  private dragging = false;

  constructor(private readonly source: ViewportSource) {
    this.history = new HistoryLoader({
      fetch: (models, q, abort) => source.fetch(models, q, abort),
      window: () => this.range.window(),
      now: () => this.clock.now(),
      arrived: (models) => {
        if (this.live && models.some((m) => this.active.get(m.key) === m)) source.changed(true);
      },
      together: source.together ?? false,
    });
    this.watch = this.range.signal.subscribe(() => this.rangeChanged());
  }

  /** Whether the window follows the present. */
  get live(): boolean {
    return this.range.signal.peek().kind === "live";
  }

  close(): void {
    this.watch();
    this.suspend();
    this.history.cancel();
  }

  /** The window moves, until suspend(). */
  resume(): void {
    this.tick();
  }

  suspend(): void {
    clearTimeout(this.timers.tick);
    clearTimeout(this.timers.reload);
  }

  /** A chart came into view on `width` pixels: its history is asked for and its points are followed until leave(). */
  enter(key: string, chart: Chart, width: number, hidden: ReadonlySet<string>): ChartModel {
    let model = this.active.get(key);
    if (model && model.chart === chart) {
      model.users++;
      model.width = Math.max(model.width, width);
      return model;
    }
    model = this.kept.get(key);
    this.kept.delete(key);
    if (!model || model.chart !== chart) {
      model = new ChartModel(chart, key);
      model.hidden.value = hidden;
    }
    model.width = width;
    model.users = 1;
    this.active.set(key, model);
    this.history.ask(model);
    return model;
  }

  leave(model: ChartModel): void {
    if (this.active.get(model.key) !== model || --model.users > 0) return;
    this.history.forget(model);
    this.active.delete(model.key);
    this.kept.set(model.key, model);
    if (this.kept.size > keptModels) this.kept.delete(this.kept.keys().next().value!);
    this.source.changed(false);
  }

  /** The charts in view, by key. */
  get inView(): ReadonlyMap<string, ChartModel> {
    return this.active;
  }

  /** The charts in view, and those whose rows are kept. */
  known(): ChartModel[] {
    return [...this.active.values(), ...this.kept.values()];
  }

  /** Asks for the rows of a chart again, because it is drawn much wider now. */
  refine(model: ChartModel): void {
    if (this.active.get(model.key) === model) this.history.ask(model);
  }

  /** Holds the moving window still while a stretch of it is being selected. */
  hold(active: boolean): void {
    this.dragging = active;
    if (!active) this.tick();
  }

  /** The history of every chart in view is asked for again. */
  reload(): void {
    this.refreshed = performance.now();
    this.history.restart(this.active.values());
  }

  /** Asks again for what could not be read. */
  askFailed(): void {
    for (const m of this.active.values()) if (m.status.peek() === "error") this.history.ask(m);
  }

  /**
   * The charts whose live points are wanted, and the time since which they lack them. Those that lack too many are asked for
   * as history.
   */
  following(most: number): { models: ChartModel[]; after: number } {
    const now = this.clock.now();
    const models: ChartModel[] = [];
    let after = now;
    if (this.live) {
      for (const model of this.active.values()) {
        if (!model.followable || models.length === most) continue;
        // A chart of long intervals lacks nothing until the next is over.
        if (model.series.covered < now - Math.max(longOutage, 3 * model.chart.updateEvery)) {
          this.history.ask(model);
          continue;
        }
        models.push(model);
        after = Math.min(after, model.series.covered);
      }
    }
    return { models, after };
  }

  /** Live points have been appended that the server sent at `now`: draws them when they come rather than up to a second later. */
  advance(now: number): void {
    const believed = this.clock.now();
    this.clock.learn(now);
    // The browser's clock was wrong, and so was the window whose history was asked for.
    if (Math.abs(this.clock.now() - believed) > 5) this.reload();
    if (this.live && performance.now() - this.ticked > 0.6 * this.pace()) this.tick();
  }

  private rangeChanged(): void {
    clearTimeout(this.timers.reload);
    this.tick();
    if (this.active.size === 0) return;
    this.timers.reload = setTimeout(() => {
      if (pageVisible.peek()) this.reload();
      this.source.changed(false);
    }, settle);
  }

  /** Moves the window, and again when it would have moved by about two pixels. */
  private tick(): void {
    clearTimeout(this.timers.tick);
    const moving = this.live && pageVisible.peek();
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
}
