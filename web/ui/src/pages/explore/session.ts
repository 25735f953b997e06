import { effect, signal, type ReadonlySignal } from "@preact/signals";
import { ApiError, fetchFleet } from "../../api/client";
import type { Host } from "../../api/types";
import { ServerClock } from "../../state/clock";
import { FrameQueue } from "../../state/frames";
import { spanOf, TimeRange, usualSpan, windowOf, type Window } from "../../state/range";
import { pageVisible } from "../../state/visible";
import { fetchContexts, type Context, type Lines } from "./data";
import { usual, type ExploreView } from "./view";

const factsEvery = 60_000; // ms between looks at hosts and contexts
const quickest = 2000; // ms between two questions of a live view
const gather = 150; // ms in which changes of a question are taken together
const points = 300;

/** What the panels of the Explore page share: the view, the time and the cursor, and what there is to choose from. */
export class ExploreSession {
  readonly clock = new ServerClock();
  readonly range = new TimeRange(() => this.clock.now(), { kind: "live", span: 3 * usualSpan });
  readonly view = signal<ExploreView>(usual);
  readonly frames = new FrameQueue();
  readonly hosts = signal<readonly Host[]>([]);
  readonly contexts = signal<readonly Context[] | null>(null);
  /** What stands in the field of the context and is none that hosts have, or null. */
  readonly mistyped = signal<string | null>(null);
  private readonly abort = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    void this.loadFacts();
  }

  close(): void {
    this.abort.abort();
    clearTimeout(this.timer);
  }

  change(v: Partial<ExploreView>): void {
    this.view.value = { ...this.view.peek(), ...v };
  }

  private async loadFacts(): Promise<void> {
    let wait = factsEvery;
    try {
      const [fleet, contexts] = await Promise.all([fetchFleet(this.abort.signal), fetchContexts(this.abort.signal)]);
      this.clock.learn(fleet.now);
      this.hosts.value = fleet.hosts;
      this.contexts.value = contexts;
    } catch {
      wait = 3000; // the shell says that foster is away
    }
    if (!this.abort.signal.aborted) this.timer = setTimeout(() => void this.loadFacts(), wait);
  }
}

/** A question that is asked again while the time moves; what was known stays until there is a new answer. */
export class Question {
  readonly lines = signal<Lines | null>(null);
  readonly error = signal<string | null>(null);
  /** The window of the lines. */
  readonly window = signal<Window>({ after: 0, before: 1 });
  private abort = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly stop: () => void;

  /** `ask` reads signals for what it depends on, and returns the asking, or null when there is nothing to ask. */
  constructor(
    private readonly session: ExploreSession,
    private readonly ask: () => ((w: Window, points: number, signal: AbortSignal) => Promise<Lines>) | null,
  ) {
    let first = true;
    this.stop = effect(() => {
      const run = this.ask();
      void session.range.value;
      const visible = pageVisible.value;
      this.pause();
      if (visible && run) this.timer = setTimeout(() => void this.poll(run), first ? 0 : gather);
      else if (!run) this.lines.value = null;
      first = false;
    });
  }

  close(): void {
    this.stop();
    this.pause();
  }

  private pause(): void {
    clearTimeout(this.timer);
    this.abort.abort();
  }

  private async poll(run: NonNullable<ReturnType<typeof this.ask>>): Promise<void> {
    const { signal } = (this.abort = new AbortController());
    const range = this.session.range.signal.peek();
    const window = windowOf(range, this.session.clock.now());
    const started = performance.now();
    try {
      const lines = await run(window, points, signal);
      if (signal.aborted) return;
      this.session.clock.learn(lines.now);
      this.window.value = window;
      this.lines.value = lines;
      this.error.value = null;
    } catch (err) {
      if (signal.aborted) return;
      this.error.value = err instanceof ApiError ? err.message : String(err);
    }
    const took = performance.now() - started;
    const wait = range.kind === "live" ? Math.max(quickest, (1000 * spanOf(range)) / points, 5 * took) : this.error.peek() !== null ? 5000 : Infinity;
    if (!signal.aborted && wait < Infinity) this.timer = setTimeout(() => void this.poll(run), wait);
  }
}

/** What a panel needs to show a question. */
export interface Asked {
  lines: ReadonlySignal<Lines | null>;
  error: ReadonlySignal<string | null>;
  window: ReadonlySignal<Window>;
}
