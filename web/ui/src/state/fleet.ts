import { batch, effect, signal } from "@preact/signals";
import { ApiError, fetchFleet } from "../api/client";
import { fetchFleetNow, type FigureHistory, type Figures, type FleetNow } from "../api/fleet";
import type { Fleet } from "../api/types";
import { appendFigures } from "./figures";
import { pageVisible } from "./visible";

const pace = 1000; // ms between answers
const factsEvery = 15_000; // ms between questions for what rarely changes
const resortEvery = 5000; // ms between two orders by figures: rows that jump every second cannot be read
const lastRetry = 10_000;
const mostHistories = 400; // hosts whose last minutes are kept
const mostAsked = 100; // hosts whose last minutes are asked for at once, the server's limit

/**
 * The hosts while a page shows them. One answer a second has the figures of all; those on the screen are followed, which adds
 * their last minutes, asked for once and continued from the figures.
 */
export class FleetStore {
  /** What the hosts are and the states they are in; changes when one of these does. */
  readonly fleet = signal<Fleet | null>(null);
  /** The present figures, by machine GUID. */
  readonly figures = signal<ReadonlyMap<string, Figures>>(new Map());
  /** Counts the times at which an order by figures may change. */
  readonly order = signal(0);
  readonly now = signal(0);
  /** Why the latest attempt failed, or null. What was known before stays shown. */
  readonly error = signal<string | null>(null);

  private readonly histories = new Map<string, FigureHistory>();
  private readonly followed = new Map<string, number>();
  private abort = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private retry = 1000;
  private factsAt = -Infinity;
  private orderedAt = -Infinity;
  private readonly watch: () => void;

  constructor() {
    this.watch = effect(() => {
      if (pageVisible.value) void this.poll();
      else this.pause();
    });
  }

  close(): void {
    this.watch();
    this.pause();
  }

  /** A host is on the screen until the returned function is called. */
  follow(guid: string): () => void {
    this.followed.set(guid, (this.followed.get(guid) ?? 0) + 1);
    if (!this.histories.has(guid)) this.soon();
    return () => {
      const n = this.followed.get(guid)! - 1;
      if (n > 0) this.followed.set(guid, n);
      else this.followed.delete(guid);
    };
  }

  /** The last minutes of a host that is followed, once they are known. */
  history(guid: string): FigureHistory | undefined {
    return this.histories.get(guid);
  }

  /** Tries again now. */
  again(): void {
    this.factsAt = -Infinity;
    void this.poll();
  }

  private pause(): void {
    clearTimeout(this.timer);
    this.abort.abort();
  }

  /** Asks again in a moment, unless an answer is on its way: rows that come into view do so in numbers. */
  private soon(): void {
    if (this.timer === undefined) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.poll(), 60);
  }

  private async poll(): Promise<void> {
    this.pause();
    this.timer = undefined;
    const { signal } = (this.abort = new AbortController());
    const started = performance.now();
    let wait = pace;
    try {
      const wanted = [...this.followed.keys()].filter((guid) => !this.histories.has(guid)).slice(0, mostAsked);
      const [facts, present] = await Promise.all([started - this.factsAt >= factsEvery ? fetchFleet(signal) : null, fetchFleetNow(wanted, signal)]);
      if (facts) this.factsAt = started;
      for (const guid of wanted) {
        // A host that has just been removed has no history, and is not to be asked for again and again.
        if (!present.history.has(guid)) present.history.set(guid, { first: present.now, step: 5, values: { cpu: [], memory: [], disk: [], network: [] } });
      }
      this.receive(facts, present);
      this.error.value = null;
      this.retry = 1000;
      // A large fleet takes long to answer and draw: leave both sides most of the time for other work.
      wait = Math.max(pace, 4 * (performance.now() - started));
      if ([...this.followed.keys()].some((guid) => !this.histories.has(guid))) wait = 60;
    } catch (err) {
      if (signal.aborted) return;
      this.error.value = err instanceof ApiError ? err.message : String(err);
      wait = this.retry;
      this.retry = Math.min(lastRetry, this.retry * 2);
    }
    if (!signal.aborted) this.timer = setTimeout(() => void this.poll(), wait);
  }

  private receive(facts: Fleet | null, present: FleetNow): void {
    for (const [guid, history] of present.history) this.keep(guid, history);
    const figures = new Map(present.hosts.map((f) => [f.guid, f]));
    for (const [guid, history] of this.histories) {
      const f = figures.get(guid);
      // What was not continued for long has a hole: it is asked for again when somebody looks.
      if (!f || !appendFigures(history, present.now, f)) this.histories.delete(guid);
    }
    const known = facts ?? this.fleet.peek();
    const same = known && known.hosts.length === figures.size && known.hosts.every((h) => figures.has(h.guid));
    if (!same) this.factsAt = -Infinity; // a host came or went
    batch(() => {
      this.now.value = present.now;
      this.figures.value = figures;
      if (known) this.updateFleet(known, facts !== null, figures);
      if (performance.now() - this.orderedAt > resortEvery) {
        this.orderedAt = performance.now();
        this.order.value++;
      }
    });
  }

  private updateFleet(known: Fleet, fresh: boolean, figures: ReadonlyMap<string, Figures>): void {
    let changed = fresh;
    const hosts = known.hosts.map((h) => {
      const f = figures.get(h.guid);
      if (!f || (f.state === h.state && Math.floor(f.replicationPercent) === Math.floor(h.replicationPercent))) return h;
      changed = true;
      return { ...h, state: f.state, replicationPercent: f.replicationPercent, lastSeen: f.lastSeen };
    });
    if (changed) this.fleet.value = { ...known, hosts };
  }

  private keep(guid: string, history: FigureHistory): void {
    this.histories.set(guid, history);
    for (const other of this.histories.keys()) {
      if (this.histories.size <= mostHistories) break;
      if (!this.followed.has(other)) this.histories.delete(other);
    }
  }
}
