import { ApiError, getJSON } from "./client";
import { arr, decodeChart, decodeHost, num, obj, str } from "./decode";
import { decodeRows, type ChartRows } from "./rows";
import { change, ManageError } from "./silences";
import type { Chart, Host } from "./types";

/** A chart of a host on a dashboard. */
export interface Panel {
  /** Unique on its dashboard. */
  id: string;
  /** Machine GUID, or hostname. */
  host: string;
  /** Said when there is no such host. */
  hostname: string;
  chart: string;
  /** "": that of the chart. */
  title: string;
  /** Ids of the dimensions shown; none: all. */
  dimensions: readonly string[];
  /** Columns of 12. */
  width: number;
  /** Rows. */
  height: number;
}

/** What a user says of a dashboard. */
export interface Content {
  name: string;
  description: string;
  /** Seconds that the page opens with. */
  last: number;
  panels: readonly Panel[];
}

export interface Dashboard extends Content {
  id: string;
  /** Counts the changes. */
  version: number;
  created: number;
  changed: number;
}

export interface DashboardEntry {
  id: string;
  version: number;
  name: string;
  description: string;
  panels: number;
  hosts: number;
  created: number;
  changed: number;
}

export interface DashboardList {
  now: number;
  /** Why this browser may not change dashboards, "" when it may. */
  refused: string;
  dashboards: DashboardEntry[];
}

const path = "/api/foster/v1/dashboards";
const one = (id: string) => `${path}/${encodeURIComponent(id)}`;

/** The most panels that a dashboard may have, and the bytes that its JSON may have. */
export const mostPanels = 100;
export const mostBytes = 64 * 1024;

const between = (v: unknown, low: number, high: number, otherwise: number) => Math.min(high, Math.max(low, Math.round(num(v, otherwise))));

function decodePanel(v: unknown): Panel {
  const p = obj(v);
  return {
    id: str(p["id"]),
    host: str(p["host"]),
    hostname: str(p["hostname"]) || str(p["host"]),
    chart: str(p["chart"]),
    title: str(p["title"]),
    dimensions: arr(p["dimensions"]).map(str).filter(Boolean),
    width: between(p["width"], 1, 12, 6),
    height: between(p["height"], 2, 8, 3),
  };
}

export function decodeContent(v: unknown): Content {
  const o = obj(v);
  return { name: str(o["name"]), description: str(o["description"]), last: Math.max(10, num(o["last"], 900)), panels: arr(o["panels"]).map(decodePanel).filter((p) => p.id !== "") };
}

export function decodeDashboard(v: unknown): Dashboard {
  const o = obj(v);
  return { ...decodeContent(v), id: str(o["id"]), version: num(o["version"]), created: num(o["created"]), changed: num(o["changed"]) };
}

export async function fetchDashboards(signal: AbortSignal): Promise<DashboardList> {
  const o = obj(await getJSON(path, signal));
  const dashboards = arr(o["dashboards"])
    .map(obj)
    .map((d) => ({ id: str(d["id"]), version: num(d["version"]), name: str(d["name"]), description: str(d["description"]), panels: num(d["panels"]), hosts: num(d["hosts"]), created: num(d["created"]), changed: num(d["changed"]) }));
  return { now: num(o["now"]), refused: str(o["refused"]), dashboards };
}

export const fetchDashboard = async (id: string, signal: AbortSignal): Promise<Dashboard> => decodeDashboard(await getJSON(one(id), signal));

/** Keeps a new dashboard. `body` may also be what was read from a file: the server says what is wrong with it. */
export const createDashboard = async (body: unknown, token: string): Promise<Dashboard> => decodeDashboard(await change("POST", path, body, token));

/** The change was made to an older version. */
export const isConflict = (err: unknown): boolean => err instanceof ManageError && err.status === 409;
export const isGone = (err: unknown): boolean => err instanceof ApiError && err.status === 404;

/** Changes a dashboard, if it still has that version. */
export const updateDashboard = async (id: string, version: number, content: Content, token: string): Promise<Dashboard> =>
  decodeDashboard(await change("PUT", one(id), { ...content, version }, token));

/** Deletes a dashboard; one that is gone already is no error. */
export async function deleteDashboard(id: string, token: string): Promise<true> {
  try {
    await change("DELETE", one(id), undefined, token);
  } catch (err) {
    if (!isGone(err)) throw err;
  }
  return true;
}

/** Where the file of a dashboard is. */
export const exportHref = (id: string): string => `${one(id)}/export`;

export const dashboardHref = (id: string): string => `/dashboards/${encodeURIComponent(id)}`;

/** A chart of a host, as it is named in a question. */
export interface ChartName {
  host: string;
  chart: string;
}

/** What there is of a chart that was asked for. */
export interface ChartFacts {
  host: Host | null;
  chart: Chart | null;
}

/** The parameters that name charts of hosts: a host holds for the charts after it. */
export function nameCharts(charts: readonly ChartName[], params = new URLSearchParams()): URLSearchParams {
  let host = "";
  for (const c of charts) {
    if (c.host !== host) params.append("host", (host = c.host));
    params.append("chart", c.chart);
  }
  return params;
}

/** Reads what charts are, in their order. */
export async function fetchChartFacts(charts: readonly ChartName[], signal: AbortSignal): Promise<{ now: number; facts: ChartFacts[] }> {
  const o = obj(await getJSON(`/api/foster/v1/charts?${nameCharts(charts).toString()}`, signal));
  const hosts = new Map(arr(o["hosts"]).map(decodeHost).map((h) => [h.guid, h]));
  const list = arr(o["charts"]).map(obj);
  const facts = charts.map((c, i) => {
    const host = hosts.get(str(list[i]?.["guid"])) ?? null;
    return { host, chart: list[i]?.["definition"] ? decodeChart(c.chart, list[i]["definition"]) : null };
  });
  return { now: num(o["now"]), facts };
}

/** Reads the rows of charts of several hosts in one request; the answer is in the order of the charts. */
export async function fetchManyRows(charts: readonly ChartName[], q: { after: number; before: number | null; points: number }, signal: AbortSignal): Promise<{ now: number; rows: ChartRows[] }> {
  const params = new URLSearchParams({ after: String(Math.floor(q.after)), points: String(q.points), band: "true" });
  if (q.before !== null) params.set("before", String(Math.ceil(q.before)));
  const o = obj(await getJSON(`/api/foster/v1/data?${nameCharts(charts, params).toString()}`, signal));
  const list = arr(o["charts"]);
  return { now: num(o["now"]), rows: charts.map((_, i) => decodeRows(list[i])) };
}
