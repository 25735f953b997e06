interface Waiting {
  start: () => void;
  signal: AbortSignal;
}

/**
 * Runs at most `limit` jobs at once, the others wait in order. A job whose signal aborts while it waits never starts.
 * The limit leaves some of the six connections a browser opens to one origin to the live feed and the fleet.
 */
export class RequestQueue {
  private running = 0;
  private readonly waiting: Waiting[] = [];

  constructor(private readonly limit: number) {}

  async run<T>(signal: AbortSignal, job: () => Promise<T>): Promise<T> {
    await this.slot(signal);
    try {
      return await job();
    } finally {
      this.running--;
      this.next();
    }
  }

  private slot(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const entry: Waiting = {
        signal,
        start: () => {
          signal.removeEventListener("abort", onAbort);
          this.running++;
          resolve();
        },
      };
      const onAbort = () => {
        this.waiting.splice(this.waiting.indexOf(entry), 1);
        reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.waiting.push(entry);
      this.next();
    });
  }

  private next(): void {
    while (this.running < this.limit) {
      const entry = this.waiting.shift();
      if (!entry) return;
      entry.start();
    }
  }
}
