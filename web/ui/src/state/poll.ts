import { effect, signal } from "@preact/signals";
import { ApiError } from "../api/client";
import { pageVisible } from "./visible";

const lastRetry = 10_000; // ms

/**
 * Asks again and again while the page can be seen, `pace` ms after each answer, more rarely while there is none. What was
 * known before stays.
 */
export class Poll<T> {
  readonly value = signal<T | null>(null);
  /** Why the latest attempt failed, or null. */
  readonly error = signal<string | null>(null);
  private abort = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private retry = 1000;
  private readonly watch: () => void;

  constructor(
    private readonly ask: (signal: AbortSignal) => Promise<T>,
    private readonly pace: number,
    private readonly receive: (value: T) => void = () => {},
  ) {
    this.watch = effect(() => {
      if (pageVisible.value) void this.now();
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

  /** Asks now. */
  async now(): Promise<void> {
    this.pause();
    const { signal } = (this.abort = new AbortController());
    const started = performance.now();
    let wait: number;
    try {
      const value = await this.ask(signal);
      this.receive(value);
      this.value.value = value;
      this.error.value = null;
      this.retry = 1000;
      wait = Math.max(this.pace, 4 * (performance.now() - started));
    } catch (err) {
      if (signal.aborted) return;
      this.error.value = err instanceof ApiError ? err.message : String(err);
      wait = this.retry;
      this.retry = Math.min(lastRetry, this.retry * 2);
    }
    if (!signal.aborted) this.timer = setTimeout(() => void this.now(), wait);
  }
}
