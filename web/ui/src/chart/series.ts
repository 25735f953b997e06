import type { Cell, DataTable, Dimension, LiveRow } from "../api/types";

/** Seconds behind the end of a history query in which points may still be on their way to the server. */
const lateness = 3;

/**
 * The rows of one chart over the visible time: a history answer, extended by live points.
 *
 * A row ends at times[k] and covers `step` seconds. When step is the chart's own interval, live points become rows as they
 * are; when it is longer, they are averaged into the row they fall in, as the server does for history.
 */
export class Series {
  dimensions: Dimension[] = [];
  times: number[] = [];
  columns: Cell[][] = [];
  /** Seconds a row covers. */
  step: number;
  /** Live points up to this time are in the rows already. */
  covered = 0;

  private readonly index = new Map<string, number>();
  /** Sum and count of each dimension of the last row, while live points are still being averaged into it. */
  private open: { end: number; sums: number[]; counts: number[] } | null = null;

  constructor(
    dimensions: readonly Dimension[],
    private readonly updateEvery: number,
  ) {
    this.step = updateEvery;
    for (const d of dimensions) this.column(d.id, d.name);
  }

  get length(): number {
    return this.times.length;
  }

  /**
   * Takes a history answer that was asked up to `before`. Rows that live points added behind it stay when they have the same
   * step; otherwise `covered` falls back to the end of the answer, and the live feed has to be asked again from there.
   */
  replace(table: DataTable, before: number): void {
    let end = table.times.length;
    while (end > 0 && table.columns.every((c) => c[end - 1] == null)) end--;
    const last = end > 0 ? table.times[end - 1]! : 0;

    const step = Math.max(table.step, this.updateEvery);
    const keep = this.open === null && this.step === step && this.updateEvery === step ? firstAfter(this.times, last) : this.times.length;
    const newerTimes = this.times.slice(keep);
    const newer = this.columns.map((c) => c.slice(keep));

    this.step = step;
    this.open = null;
    this.times = table.times.slice(0, end);
    this.columns = this.dimensions.map(() => new Array<Cell>(end).fill(null));
    table.dimensions.forEach((d, i) => {
      this.columns[this.column(d.id, d.name)] = table.columns[i]!.slice(0, end);
    });
    this.covered = Math.max(last, before - Math.max(lateness, 2 * this.updateEvery));
    for (let k = 0; k < newerTimes.length; k++) {
      const t = newerTimes[k]!;
      this.gapBefore(t);
      this.times.push(t);
      this.columns.forEach((c, i) => c.push(newer[i]?.[k] ?? null));
      this.covered = Math.max(this.covered, t);
    }
  }

  /** Adds live rows; those already held are skipped. Reports whether anything changed. */
  append(ids: readonly string[], rows: readonly LiveRow[]): boolean {
    let at: number[] | null = null;
    for (const row of rows) {
      const t = row[0];
      // Points behind the held rows belong to a history answer; what is held already came twice over a reconnect.
      if (t <= this.covered || (this.open === null && t <= (this.times.at(-1) ?? 0))) continue;
      at ??= ids.map((id) => this.column(id, id));
      this.covered = t;
      if (this.step > this.updateEvery) this.average(t, at, row);
      else this.push(t, at, row);
    }
    return at !== null;
  }

  /** Drops the rows before `time`, save one so that the line still enters the view from its edge. */
  trim(time: number): void {
    const n = firstAfter(this.times, time) - 1;
    // Cutting an array costs its length, so cut now and then rather than at every row.
    if (n < 64) return;
    this.times.splice(0, n);
    for (const c of this.columns) c.splice(0, n);
  }

  /** Index of the row that shows the value at `time`, or -1 where no row covers it. */
  rowAt(time: number): number {
    const i = firstAfter(this.times, time - this.step / 2 - 1e-6);
    if (i >= this.times.length) return -1;
    return this.times[i]! - time <= this.step / 2 ? i : -1;
  }

  private column(id: string, name: string): number {
    let i = this.index.get(id);
    if (i === undefined) {
      i = this.dimensions.length;
      this.index.set(id, i);
      this.dimensions.push({ id, name });
      this.columns.push(new Array<Cell>(this.times.length).fill(null));
    }
    return i;
  }

  /** Breaks the line where rows are missing between the last one and `t`. */
  private gapBefore(t: number): void {
    const last = this.times.at(-1);
    if (last === undefined || t - last <= 1.5 * this.step) return;
    this.times.push(last + this.step);
    for (const c of this.columns) c.push(null);
  }

  private push(t: number, at: readonly number[], row: LiveRow): void {
    this.gapBefore(t);
    this.times.push(t);
    for (const c of this.columns) c.push(null);
    const k = this.times.length - 1;
    at.forEach((column, i) => (this.columns[column]![k] = row[i + 1] ?? null));
  }

  private average(t: number, at: readonly number[], row: LiveRow): void {
    const end = Math.ceil(t / this.step) * this.step;
    if (this.open?.end !== end) {
      if (end <= (this.times.at(-1) ?? 0)) return; // the rest of a row that the history answer completed
      this.open = { end, sums: [], counts: [] };
      this.push(end, [], row);
    }
    const { sums, counts } = this.open;
    const k = this.times.length - 1;
    at.forEach((column, i) => {
      const v = row[i + 1];
      if (v == null) return;
      sums[column] = (sums[column] ?? 0) + v;
      counts[column] = (counts[column] ?? 0) + 1;
      this.columns[column]![k] = sums[column] / counts[column];
    });
  }
}

/** Index of the first time greater than `t` in an ascending list. */
export function firstAfter(times: readonly number[], t: number): number {
  let lo = 0;
  let hi = times.length;
  while (lo < hi) {
    const mid = (lo + hi) >>> 1;
    if (times[mid]! <= t) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}
