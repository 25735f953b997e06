import type { Band, Cell, DataTable, Dimension, LiveRow } from "../api/types";

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
  /** Extremes of the rows, while rows are longer than samples. */
  band: Band | null = null;
  /** Percent of the samples of a row that were anomalous, by row. */
  anomalies: Cell[] = [];
  /** Seconds a row covers. */
  step: number;
  /** Live points up to this time are in the rows already. */
  covered = 0;

  private readonly index = new Map<string, number>();
  /** What the last row holds so far of each dimension, while live points are still being averaged into it. */
  private open: { end: number; sums: number[]; counts: number[]; rate: number; points: number } | null = null;

  constructor(
    dimensions: readonly Dimension[],
    private readonly updateEvery: number,
  ) {
    this.step = updateEvery;
    for (const d of dimensions) this.column(d.id, d.name, d.place);
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
    const newerRates = this.anomalies.slice(keep);

    this.step = step;
    this.open = null;
    this.times = table.times.slice(0, end);
    this.anomalies = table.anomalies?.slice(0, end) ?? new Array<Cell>(end).fill(null);
    const places = table.dimensions.map((d) => this.column(d.id, d.name));
    const spread = (columns: readonly Cell[][]) => {
      const out = this.dimensions.map(() => new Array<Cell>(end).fill(null));
      places.forEach((place, i) => (out[place] = columns[i]!.slice(0, end)));
      return out;
    };
    this.columns = spread(table.columns);
    this.band = table.band ? { low: spread(table.band.low), high: spread(table.band.high) } : null;
    this.covered = Math.max(last, before - Math.max(lateness, 2 * this.updateEvery));
    for (let k = 0; k < newerTimes.length; k++) {
      const t = newerTimes[k]!;
      this.gapBefore(t);
      this.pushRow(t, newerRates[k] ?? null);
      this.columns.forEach((c, i) => (c[c.length - 1] = newer[i]?.[k] ?? null));
      this.covered = Math.max(this.covered, t);
    }
  }

  /** Adds live rows; those already held are skipped. Reports whether anything changed. */
  append(ids: readonly string[], rows: readonly LiveRow[], anomalies: readonly (readonly [number, number])[] = []): boolean {
    let at: number[] | null = null;
    const rates = new Map(anomalies);
    for (const row of rows) {
      const t = row[0];
      // Points behind the held rows belong to a history answer; what is held already came twice over a reconnect.
      if (t <= this.covered || (this.open === null && t <= (this.times.at(-1) ?? 0))) continue;
      at ??= ids.map((id) => this.column(id, id));
      this.covered = t;
      if (this.step > this.updateEvery) this.average(t, at, row, rates.get(t) ?? 0);
      else this.push(t, at, row, rates.get(t) ?? null);
    }
    return at !== null;
  }

  /** Drops the rows before `time`, save one so that the line still enters the view from its edge. */
  trim(time: number): void {
    const n = firstAfter(this.times, time) - 1;
    // Cutting an array costs its length, so cut now and then rather than at every row.
    if (n < 64) return;
    for (const column of this.parallel()) column.splice(0, n);
  }

  /** Index of the row that shows the value at `time`, or -1 where no row covers it. */
  rowAt(time: number): number {
    const i = firstAfter(this.times, time - this.step / 2 - 1e-6);
    if (i >= this.times.length) return -1;
    return this.times[i]! - time <= this.step / 2 ? i : -1;
  }

  /** The columns that have a cell for each row. */
  private parallel(): Cell[][] {
    return [this.times, this.anomalies, ...this.columns, ...(this.band ? [...this.band.low, ...this.band.high] : [])];
  }

  private column(id: string, name: string, place?: number): number {
    let i = this.index.get(id);
    if (i === undefined) {
      i = this.dimensions.length;
      this.index.set(id, i);
      this.dimensions.push(place === undefined ? { id, name } : { id, name, place });
      const column = () => new Array<Cell>(this.times.length).fill(null);
      this.columns.push(column());
      this.band?.low.push(column());
      this.band?.high.push(column());
    }
    return i;
  }

  /** Breaks the line where rows are missing between the last one and `t`. */
  private gapBefore(t: number): void {
    const last = this.times.at(-1);
    if (last === undefined || t - last <= 1.5 * this.step) return;
    this.pushRow(last + this.step, null);
  }

  /** Adds a row without values. */
  private pushRow(t: number, rate: Cell): void {
    for (const column of this.parallel()) column.push(null);
    this.times[this.times.length - 1] = t;
    this.anomalies[this.anomalies.length - 1] = rate;
  }

  private push(t: number, at: readonly number[], row: LiveRow, rate: Cell): void {
    this.gapBefore(t);
    this.pushRow(t, rate);
    const k = this.times.length - 1;
    at.forEach((column, i) => (this.columns[column]![k] = row[i + 1] ?? null));
  }

  private average(t: number, at: readonly number[], row: LiveRow, rate: number): void {
    const end = Math.ceil(t / this.step) * this.step;
    if (this.open?.end !== end) {
      if (end <= (this.times.at(-1) ?? 0)) return; // the rest of a row that the history answer completed
      this.open = { end, sums: [], counts: [], rate: 0, points: 0 };
      this.push(end, [], row, null);
    }
    const { open, band } = this;
    const k = this.times.length - 1;
    open.rate += rate;
    open.points++;
    if (open.rate > 0) this.anomalies[k] = open.rate / open.points;
    at.forEach((column, i) => {
      const v = row[i + 1];
      if (v == null) return;
      const sum = (open.sums[column] = (open.sums[column] ?? 0) + v);
      const count = (open.counts[column] = (open.counts[column] ?? 0) + 1);
      this.columns[column]![k] = sum / count;
      if (!band) return;
      const low = band.low[column]!;
      const high = band.high[column]!;
      low[k] = Math.min(low[k] ?? v, v);
      high[k] = Math.max(high[k] ?? v, v);
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
