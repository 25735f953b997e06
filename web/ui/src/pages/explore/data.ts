import { ApiError, getJSON } from "../../api/client";
import { arr, cell, num, obj, str } from "../../api/decode";
import type { Cell } from "../../api/types";
import type { Window } from "../../state/range";
import type { ExploreView } from "./view";

export interface Line {
  id: string;
  name: string;
  column: Cell[];
}

/** The answer to a question: lines over the same times, oldest first. */
export interface Lines {
  times: number[];
  step: number;
  units: string;
  lines: Line[];
  /** The server's clock, 0 when it does not say. */
  now: number;
}

export interface Context {
  id: string;
  title: string;
  family: string;
  units: string;
  dimensions: string[];
  labels: string[];
}

export const nothing: Lines = { times: [], step: 1, units: "", lines: [], now: 0 };

/** Decodes `/api/v3/data` with format=json and options=seconds. */
export function decodeLines(v: unknown): Lines {
  const o = obj(v);
  const result = obj(o["result"]);
  const names = arr(result["labels"]).map(str).slice(1);
  const db = obj(o["db"]);
  const ids = arr(obj(db["dimensions"])["ids"]).map(str);
  const rows = arr(result["data"]).map(arr).filter((r) => typeof r[0] === "number").sort((a, b) => (a[0] as number) - (b[0] as number));
  const units = Array.isArray(db["units"]) ? str(db["units"][0]) : str(db["units"]);
  return {
    times: rows.map((r) => r[0] as number),
    step: Math.max(1, num(obj(o["view"])["update_every"], 1)),
    units,
    lines: names.map((name, i) => ({ id: ids[i] ?? name, name, column: rows.map((r) => cell(r[i + 1])) })),
    now: num(obj(arr(o["agents"])[0])["now"]),
  };
}

export async function fetchLines(q: Pick<ExploreView, "context" | "hosts" | "dimensions" | "by" | "aggregation"> & { top?: number }, w: Window, points: number, signal: AbortSignal): Promise<Lines> {
  const labels = q.by.filter((k) => k.startsWith("label:")).map((k) => k.slice("label:".length));
  const params = new URLSearchParams({
    contexts: q.context,
    group_by: [...q.by.filter((k) => !k.startsWith("label:")), ...(labels.length > 0 ? ["label"] : [])].join(","),
    aggregation: q.aggregation,
    after: String(Math.floor(w.after)),
    before: String(Math.ceil(w.before)),
    points: String(points),
    format: "json",
    options: "seconds",
  });
  if (labels.length > 0) params.set("group_by_label", labels.join(","));
  if (q.hosts.length > 0) params.set("nodes", q.hosts.join("|"));
  if (q.dimensions.trim() !== "") params.set("dimensions", q.dimensions.trim());
  if (q.top) params.set("limit", String(q.top));
  try {
    return decodeLines(await getJSON(`/api/v3/data?${params.toString()}`, signal));
  } catch (err) {
    if (err instanceof ApiError && err.status === 404) return nothing; // no metric matches, or none in this time
    throw err;
  }
}

/** Every context that any host has, in the order of priority. */
export async function fetchContexts(signal: AbortSignal): Promise<Context[]> {
  const o = obj(obj(await getJSON("/api/v3/contexts?options=titles,family,units,priorities,dimensions,labels", signal))["contexts"]);
  return Object.entries(o)
    .map(([id, v]) => ({ id, priority: num(obj(v)["priority"], 1e6), title: str(obj(v)["title"]), family: str(obj(v)["family"]), units: str(obj(v)["units"]), dimensions: arr(obj(v)["dimensions"]).map(str), labels: Object.keys(obj(obj(v)["labels"])) }))
    .sort((a, b) => a.priority - b.priority || a.id.localeCompare(b.id));
}

/** Decodes the answer of a PromQL range query over steps. */
export function decodeMatrix(v: unknown, w: Window, step: number): Lines {
  const times: number[] = [];
  for (let t = w.after; t <= w.before + 1e-6; t += step) times.push(t);
  const place = (t: number) => Math.round((t - w.after) / step);
  const lines = arr(obj(obj(v)["data"])["result"]).map((r) => {
    const metric = Object.entries(obj(obj(r)["metric"])).map(([k, value]) => [k, str(value)] as const);
    const column = new Array<Cell>(times.length).fill(null);
    for (const pair of arr(obj(r)["values"]).map(arr)) {
      const value = Number(pair[1]);
      const i = place(num(pair[0], -1));
      if (i >= 0 && i < column.length && Number.isFinite(value)) column[i] = value;
    }
    const name = seriesName(metric);
    return { id: name, name, column };
  });
  return { times, step, units: "", lines, now: 0 };
}

const obvious = new Set(["machine_guid", "_collect_plugin", "_collect_module", "family"]);

/** A name for a series: what tells it from others first, without what a reader does not need. */
export function seriesName(metric: readonly (readonly [string, string])[]): string {
  const name = metric.find(([k]) => k === "__name__")?.[1] ?? "";
  const labels = metric.filter(([k]) => k !== "__name__" && !(obvious.has(k) && metric.some(([other]) => other === "chart")));
  if (labels.length === 0) return name || "value";
  return `${name}{${labels.map(([k, v]) => `${k}="${v}"`).join(", ")}}`;
}

const promql = "/prometheus/api/v1";

export async function runQuery(query: string, w: Window, points: number, signal: AbortSignal): Promise<Lines> {
  const step = Math.max(1, Math.ceil((w.before - w.after) / points));
  const before = Math.floor(w.before / step) * step;
  const after = Math.floor(w.after / step) * step;
  const params = new URLSearchParams({ query, start: String(after), end: String(before), step: String(step) });
  try {
    return decodeMatrix(await getJSON(`${promql}/query_range?${params.toString()}`, signal), { after, before }, step);
  } catch (err) {
    // The reason stands in an object, which is cut when it is long.
    const reason = err instanceof ApiError ? /"error":"((?:[^"\\]|\\.)*)/.exec(err.message)?.[1] : undefined;
    if (reason !== undefined) throw new ApiError((err as ApiError).status, reason.replace(/\\(["\\])/g, "$1"));
    throw err;
  }
}

/** Names of metrics, of labels, or the values of a label. */
export async function fetchNames(what: "metrics" | "labels" | { label: string }, metric: string, signal: AbortSignal): Promise<string[]> {
  const path = what === "metrics" ? "label/__name__/values" : what === "labels" ? "labels" : `label/${encodeURIComponent(what.label)}/values`;
  const match = metric !== "" && what !== "metrics" ? `?${new URLSearchParams({ "match[]": metric }).toString()}` : "";
  return arr(obj(await getJSON(`${promql}/${path}${match}`, signal))["data"]).map(str).filter((s) => s !== "");
}
