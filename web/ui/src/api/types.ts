/** The shapes the pages work with: the public API's answers after decode.ts has checked them. Times are unix seconds. */

export type HostState = "live" | "stale" | "replicating" | "archived";

export interface Connection {
  since: number;
  address: string;
  tls: boolean;
  compression: string;
  capabilities: string[];
}

export interface Host {
  guid: string;
  hostname: string;
  state: HostState;
  /** 0..100; meaningful while state is "replicating". */
  replicationPercent: number;
  os: string;
  kernel: string;
  agent: string;
  charts: number;
  metrics: number;
  samplesPerSecond: number;
  firstSeen: number;
  lastSeen: number;
  hops: number;
  connection: Connection | null;
  labels: Record<string, string>;
  /** Another host has the same hostname: only the machine GUID names this one. */
  ambiguous: boolean;
}

export interface Fleet {
  version: string;
  /** The server's clock. */
  now: number;
  /** API keys that would be accepted; null when the server does not say. */
  apiKeys: number | null;
  hosts: Host[];
}

export interface HostInfo {
  version: string;
  os: string;
  kernel: string;
  architecture: string;
  virtualization: string;
  cores: number | null;
  /** Bytes. */
  memory: number | null;
  labels: Record<string, string>;
  /** Whether this is foster itself, of which there are no charts. */
  parent: boolean;
}

export type ChartType = "line" | "area" | "stacked" | "heatmap";

export interface Dimension {
  id: string;
  name: string;
  /** Its place among those of its chart, which says its colour, where not all of them are shown. */
  place?: number;
}

export interface Chart {
  id: string;
  name: string;
  /** The part of the id before the first dot. */
  type: string;
  family: string;
  context: string;
  title: string;
  priority: number;
  units: string;
  chartType: ChartType;
  updateEvery: number;
  firstEntry: number;
  lastEntry: number;
  dimensions: Dimension[];
  labels: Record<string, string>;
}

/** A stored value, or null where nothing was collected. */
export type Cell = number | null;

/** Extremes of rows, as columns parallel to those of the means. */
export interface Band {
  low: Cell[][];
  high: Cell[][];
}

/** Rows of one chart, oldest first, as columns: columns[i][k] is dimension i at times[k]. */
export interface DataTable {
  dimensions: Dimension[];
  times: number[];
  columns: Cell[][];
  /** Seconds between rows. */
  step: number;
  /** The smallest and the largest sample of each row, where rows are longer than samples. */
  band?: Band;
  /** Percent of the samples of each row that the host found anomalous; absent when it found none. */
  anomalies?: Cell[];
}

/** One row of the live feed: time, then one value per dimension of its chart. */
export type LiveRow = [time: number, ...values: Cell[]];

/** New rows of a chart, and the anomaly rates (percent) of those that have one. */
export interface LiveChart {
  dimensions: string[];
  points: LiveRow[];
  anomalies: [time: number, rate: number][];
}

export interface LiveBatch {
  now: number;
  charts: Record<string, LiveChart>;
}
