import { batch, computed, effect, signal, type ReadonlySignal } from "@preact/signals";
import { fetchAlarms, type Alarm } from "../api/alarms";
import { fetchChartFacts, fetchManyRows, type ChartFacts, type ChartName, type Panel } from "../api/dashboards";
import type { Chart, Host } from "../api/types";
import type { ChartModel } from "./chart";
import type { ChartSession } from "./chartsession";
import { byChart, sameDefinition } from "./host";
import { chosenChart, chosenRows, livePoints } from "./panels";
import { Viewport } from "./viewport";
import { pageVisible } from "./visible";

const pace = 1000; // ms between questions for live points
const mostFollowed = 200; // charts in one of them
const factsEvery = 10_000; // ms between looks at what the charts are and how their hosts do
const alarmsEvery = 15_000; // ms
const lastRetry = 10_000; // ms
const noAlarms: ReadonlyMap<string, readonly Alarm[]> = new Map();

const nameOf = (c: ChartName) => `${c.host}\n${c.chart}`;

/**
 * What the page of a dashboard knows of its charts. They are of any hosts, so their history, their live points and what they
 * are is each asked for in one request for all of them; a stream for each host would be more than a browser allows.
 */
export class BoardSession {
  readonly viewport = new Viewport({ fetch: (models, q, abort) => this.history(models, q, abort), changed: () => this.pollSoon(), together: true });
  readonly clock = this.viewport.clock;
  readonly range = this.viewport.range;
  /** What is known of each chart, by host and chart. */
  private readonly facts = signal<ReadonlyMap<string, ChartFacts>>(new Map());
  private readonly alarms = signal<ReadonlyMap<string, ReadonlyMap<string, readonly Alarm[]>>>(new Map());
  /** Dimensions switched off, by the id of their panel. */
  readonly hidden = signal<ReadonlyMap<string, ReadonlySet<string>>>(new Map());

  private panels: readonly Panel[] = [];
  private readonly sessions = new Map<string, PanelSession>();
  private readonly abort = new AbortController();
  private readonly watch: () => void;
  private timers: Record<"live" | "facts" | "alarms", ReturnType<typeof setTimeout> | undefined> = { live: undefined, facts: undefined, alarms: undefined };
  private polling = false;
  private retry = pace;

  constructor() {
    this.watch = effect(() => {
      if (pageVisible.value) this.resume();
      else this.suspend();
    });
  }

  close(): void {
    this.watch();
    this.suspend();
    this.abort.abort();
    this.viewport.close();
  }

  /** Shows other panels. */
  show(panels: readonly Panel[]): void {
    this.panels = panels;
    for (const id of this.sessions.keys()) if (!panels.some((p) => p.id === id)) this.sessions.delete(id);
    if (panels.some((p) => !this.facts.peek().has(nameOf(p)))) void this.loadFacts();
  }

  /** What is known of a chart; undefined while it is asked for. */
  factsOf(c: ChartName): ChartFacts | undefined {
    return this.facts.value.get(nameOf(c));
  }

  /** The session of one panel. It is another one when the panel shows something else. */
  of(panel: Panel): PanelSession {
    let s = this.sessions.get(panel.id);
    if (!s || nameOf(s.panel) !== nameOf(panel) || s.panel.dimensions.join("\n") !== panel.dimensions.join("\n")) {
      s = new PanelSession(this, panel);
      this.sessions.set(panel.id, s);
    }
    return s;
  }

  /** Switches dimensions off as an address says. */
  hide(hidden: ReadonlyMap<string, ReadonlySet<string>>): void {
    this.hidden.value = hidden;
    for (const model of this.viewport.known()) model.hidden.value = hidden.get(panelOf(model)) ?? new Set();
  }

  keepHidden(id: string, model: ChartModel): void {
    const now = model.hidden.peek();
    const before = this.hidden.peek();
    if (now === before.get(id) || (now.size === 0 && !before.has(id))) return;
    const next = new Map(before);
    if (now.size > 0) next.set(id, now);
    else next.delete(id);
    this.hidden.value = next;
  }

  alarmsOf(guid: string | undefined): ReadonlyMap<string, readonly Alarm[]> {
    return this.alarms.value.get(guid ?? "") ?? noAlarms;
  }

  private resume(): void {
    this.viewport.resume();
    this.pollSoon();
    void this.loadFacts();
    void this.loadAlarms();
  }

  private suspend(): void {
    this.viewport.suspend();
    for (const timer of Object.values(this.timers)) clearTimeout(timer);
  }

  /** What a model shows: its session says. */
  private panelsOf(models: readonly ChartModel[]): Panel[] {
    return models.map((m) => this.sessions.get(panelOf(m))?.panel ?? this.panels.find((p) => p.id === panelOf(m))!);
  }

  private async history(models: readonly ChartModel[], q: { after: number; before: number; points: number }, abort: AbortSignal) {
    const panels = this.panelsOf(models);
    const { now, rows } = await fetchManyRows(panels, q, abort);
    this.clock.learn(now);
    return rows.map((r, i) => chosenRows(r, panels[i]!.dimensions));
  }

  private pollSoon(): void {
    if (this.polling) return;
    clearTimeout(this.timers.live);
    if (pageVisible.peek()) this.timers.live = setTimeout(() => void this.poll(), 200);
  }

  /** Asks for the points that the charts in view lack. */
  private async poll(): Promise<void> {
    clearTimeout(this.timers.live);
    const { models, after } = this.viewport.following(mostFollowed);
    if (!this.viewport.live) return;
    const started = performance.now();
    let wait = pace;
    this.polling = true;
    try {
      if (models.length > 0) {
        const panels = this.panelsOf(models);
        const { now, rows } = await fetchManyRows(panels, { after, before: null, points: 4096 }, this.abort.signal);
        batch(() => {
          models.forEach((m, i) => {
            const own = chosenRows(rows[i]!, panels[i]!.dimensions);
            if (own && own.step === m.chart.updateEvery && this.viewport.inView.get(m.key) === m) m.append(livePoints(own));
          });
        });
        this.viewport.advance(now);
      }
      this.retry = pace;
      wait = Math.max(pace - (performance.now() - started), 4 * (performance.now() - started));
    } catch {
      wait = this.retry; // the shell says that foster is away
      this.retry = Math.min(lastRetry, this.retry * 2);
    } finally {
      this.polling = false;
    }
    if (!this.abort.signal.aborted && pageVisible.peek()) this.timers.live = setTimeout(() => void this.poll(), wait);
  }

  private async loadFacts(): Promise<void> {
    clearTimeout(this.timers.facts);
    const panels = this.panels;
    let wait = factsEvery;
    try {
      if (panels.length > 0) {
        const { now, facts } = await fetchChartFacts(panels, this.abort.signal);
        this.clock.learn(now);
        this.learn(panels, facts);
      }
    } catch {
      wait = 2000;
    }
    if (this.abort.signal.aborted) return;
    // Panels that were added meanwhile are asked for at once.
    if (wait === factsEvery && this.panels.some((p) => !this.facts.peek().has(nameOf(p)))) wait = 0;
    clearTimeout(this.timers.facts);
    if (pageVisible.peek()) this.timers.facts = setTimeout(() => void this.loadFacts(), wait);
  }

  private learn(panels: readonly Panel[], facts: readonly ChartFacts[]): void {
    const known = this.facts.peek();
    const next = new Map(known);
    let again = false;
    panels.forEach((p, i) => {
      const f = facts[i]!;
      const old = known.get(nameOf(p));
      // A chart that did not change stays the same object: nothing of it is drawn or asked for again.
      const chart = old?.chart && f.chart && sameDefinition(old.chart, f.chart) ? old.chart : f.chart;
      // Replicated rows arrive behind those on the screen.
      const filling = f.host?.state === "replicating" && performance.now() - this.viewport.refreshed > 5000;
      const returned = old?.host && f.host && old.host.connection?.since !== f.host.connection?.since;
      again ||= filling || Boolean(returned);
      next.set(nameOf(p), { host: f.host, chart });
    });
    this.facts.value = next;
    if (again) this.viewport.reload();
    else this.viewport.askFailed();
  }

  /** The alerts of the hosts whose charts are in view. */
  private async loadAlarms(): Promise<void> {
    clearTimeout(this.timers.alarms);
    const panels = this.panelsOf([...this.viewport.inView.values()]);
    const guids = new Set(panels.flatMap((p) => this.facts.peek().get(nameOf(p))?.host?.guid ?? []));
    try {
      for (const guid of guids) {
        const list = await fetchAlarms(guid, this.abort.signal);
        this.alarms.value = new Map(this.alarms.peek()).set(guid, byChart(list));
      }
    } catch {
      // Charts without their alerts are charts still.
    }
    if (!this.abort.signal.aborted && pageVisible.peek()) this.timers.alarms = setTimeout(() => void this.loadAlarms(), guids.size > 0 ? alarmsEvery : pace);
  }
}

const panelOf = (m: ChartModel) => m.key.slice(0, m.key.indexOf("\n"));

/** One panel, as its chart sees its page. */
export class PanelSession implements ChartSession {
  readonly name: string;
  readonly range;
  readonly view;
  readonly frames;
  readonly host: ReadonlySignal<Host | null>;
  readonly alarms: ReadonlySignal<ReadonlyMap<string, readonly Alarm[]>>;
  /** The chart with the chosen dimensions, null when there is none; undefined while it is asked for. */
  readonly chart: ReadonlySignal<Chart | null | undefined>;
  /** There is a chart to draw. */
  readonly drawn: ReadonlySignal<boolean>;

  constructor(
    private readonly board: BoardSession,
    readonly panel: Panel,
  ) {
    this.name = panel.hostname;
    ({ range: this.range, view: this.view, frames: this.frames } = board.viewport);
    this.host = computed(() => board.factsOf(panel)?.host ?? null);
    this.alarms = computed(() => board.alarmsOf(this.host.value?.guid));
    const chart = computed(() => board.factsOf(panel)?.chart);
    this.chart = computed(() => chart.value && chosenChart(chart.value, panel.dimensions));
    this.drawn = computed(() => this.host.value !== null && (this.chart.value?.dimensions.length ?? 0) > 0);
  }

  enter(chart: Chart, width: number): ChartModel {
    return this.board.viewport.enter(`${this.panel.id}\n${this.panel.dimensions.join("\n")}`, chart, width, this.board.hidden.peek().get(this.panel.id) ?? new Set());
  }

  leave(model: ChartModel): void {
    this.board.viewport.leave(model);
  }

  refine(model: ChartModel): void {
    this.board.viewport.refine(model);
  }

  hold(active: boolean): void {
    this.board.viewport.hold(active);
  }

  keepHidden(model: ChartModel): void {
    this.board.keepHidden(this.panel.id, model);
  }
}
