import { effect, signal } from "@preact/signals";
import { ApiError, fetchFleet } from "../api/client";
import type { Fleet } from "../api/types";
import { pageVisible } from "./visible";

const pace = 1500; // ms between answers
const lastRetry = 10_000;

/** The hosts, asked for again and again while the fleet page is open and visible. */
export class FleetStore {
  readonly fleet = signal<Fleet | null>(null);
  /** Why the latest attempt failed, or null. What was known before stays shown. */
  readonly error = signal<string | null>(null);
  private abort = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private retry = 1000;
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

  private pause(): void {
    clearTimeout(this.timer);
    this.abort.abort();
  }

  private async poll(): Promise<void> {
    this.pause();
    const { signal } = (this.abort = new AbortController());
    const started = performance.now();
    let wait = pace;
    try {
      this.fleet.value = await fetchFleet(signal);
      this.error.value = null;
      this.retry = 1000;
      // A large fleet takes long to answer and draw: leave both sides most of the time for other work.
      wait = Math.max(pace, 5 * (performance.now() - started));
    } catch (err) {
      if (signal.aborted) return;
      this.error.value = err instanceof ApiError ? err.message : String(err);
      wait = this.retry;
      this.retry = Math.min(lastRetry, this.retry * 2);
    }
    if (!signal.aborted) this.timer = setTimeout(() => void this.poll(), wait);
  }
}
