import { getJSON, hostPath } from "./client";
import { cell, num, obj, arr, str } from "./decode";
import type { Cell, DataTable } from "./types";

/** What to read of charts: the means of rows, at most `points` of them, between two times. */
export interface RowsQuery {
  charts: readonly string[];
  after: number;
  before: number;
  points: number;
}

/** The rows of one chart; null when the server does not know it. */
export type ChartRows = DataTable | null;

const empty: DataTable = { dimensions: [], times: [], columns: [], step: 1 };

function columnsOf(v: unknown): Cell[][] {
  return arr(v).map((c) => arr(c).map(cell));
}

/** Decodes one chart of an answer of `/api/foster/v1/data`. */
export function decodeRows(v: unknown): ChartRows {
  const o = obj(v);
  if (typeof o["error"] === "string") return null;
  const step = Math.max(1, num(o["step"], 1));
  const rows = Math.max(0, num(o["rows"]));
  const ids = arr(o["dimensions"]).map(str);
  if (rows === 0 || ids.length === 0) return { ...empty, step };
  const names = arr(o["names"]).map(str);
  const first = num(o["first"]);
  const columns = columnsOf(o["values"]);
  const times = Array.from({ length: rows }, (_, i) => first + i * step);
  const table: DataTable = {
    dimensions: ids.map((id, i) => ({ id, name: names[i] || id })),
    times,
    columns: ids.map((_, i) => fitted(columns[i], rows)),
    step,
  };
  if (Array.isArray(o["min"]) && Array.isArray(o["max"])) {
    const [low, high] = [columnsOf(o["min"]), columnsOf(o["max"])];
    table.band = { low: ids.map((_, i) => fitted(low[i], rows)), high: ids.map((_, i) => fitted(high[i], rows)) };
  }
  if (Array.isArray(o["anomaly_rates"])) table.anomalies = fitted(arr(o["anomaly_rates"]).map(cell), rows);
  return table;
}

function fitted(column: Cell[] | undefined, rows: number): Cell[] {
  if (column?.length === rows) return column;
  return Array.from({ length: rows }, (_, i) => column?.[i] ?? null);
}

/** Reads the rows of many charts of a host in one request; the answer is in the order of the charts. */
export async function fetchRows(host: string, q: RowsQuery, signal: AbortSignal): Promise<ChartRows[]> {
  const params = new URLSearchParams({ after: String(Math.floor(q.after)), before: String(Math.ceil(q.before)), points: String(q.points), band: "true" });
  for (const chart of q.charts) params.append("chart", chart);
  const list = arr(obj(await getJSON(`${hostPath(host)}/api/foster/v1/data?${params.toString()}`, signal))["charts"]);
  return q.charts.map((_, i) => decodeRows(list[i]));
}
