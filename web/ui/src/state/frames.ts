const budget = 7; // ms of a frame's 16 that drawing may take, so that scrolling stays smooth

/** Spreads drawing over animation frames: each job at most once a frame, and no more than the budget in one frame. */
export class FrameQueue {
  private readonly jobs = new Set<() => void>();
  private frame = 0;

  add(job: () => void): void {
    this.jobs.add(job);
    if (this.frame === 0) this.frame = requestAnimationFrame(() => this.run());
  }

  remove(job: () => void): void {
    this.jobs.delete(job);
  }

  private run(): void {
    this.frame = 0;
    const end = performance.now() + budget;
    for (const job of this.jobs) {
      this.jobs.delete(job);
      job();
      if (performance.now() > end) break;
    }
    if (this.jobs.size > 0) this.frame = requestAnimationFrame(() => this.run());
  }
}
