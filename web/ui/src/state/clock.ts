/**
 * The server's clock as far as its answers tell. A browser's clock may be minutes off, and a live chart is drawn against the
 * clock that stamped the samples.
 */
export class ServerClock {
  private offset: number | null = null;

  constructor(private readonly local: () => number = () => Date.now() / 1000) {}

  /** Learns from a time the server has just sent. It was a little younger when sent, so the largest offset is the truest. */
  learn(serverNow: number): void {
    if (serverNow <= 0) return;
    const seen = serverNow - this.local();
    if (this.offset === null || seen > this.offset || this.offset - seen > 2) this.offset = seen;
    else this.offset += (seen - this.offset) * 0.05;
  }

  now(): number {
    return this.local() + (this.offset ?? 0);
  }
}
