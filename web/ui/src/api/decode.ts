import type { Cell, Chart, ChartType, Connection, Fleet, Host, HostInfo, HostState, LiveBatch, LiveRow } from "./types";

/**
 * Decoders from parsed JSON to the types of this UI. An answer may lack fields (an older server, a host that never said
 * what it runs on), so every field has a neutral value instead of an exception in the middle of a page.
 */

export type Obj = Record<string, unknown>;

export function obj(v: unknown): Obj {
  return typeof v === "object" && v !== null && !Array.isArray(v) ? (v as Obj) : {};
}

export function arr(v: unknown): unknown[] {
  return Array.isArray(v) ? v : [];
}

export function str(v: unknown): string {
  return typeof v === "string" ? v : "";
}

/** Some numbers of the v1 API are strings ("cores_total"). */
export function num(v: unknown, missing = 0): number {
  const n = typeof v === "string" && v.trim() !== "" ? Number(v) : v;
  return typeof n === "number" && Number.isFinite(n) ? n : missing;
}

function positive(v: unknown): number | null {
  const n = num(v);
  return n > 0 ? n : null;
}

export function cell(v: unknown): Cell {
  return typeof v === "number" && Number.isFinite(v) ? v : null;
}

function strings(v: unknown): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [k, value] of Object.entries(obj(v))) if (typeof value === "string") out[k] = value;
  return out;
}

const hostStates: readonly string[] = ["live", "stale", "replicating", "archived"] satisfies HostState[];

export function hostState(v: unknown): HostState {
  const state = str(v);
  return (hostStates.includes(state) ? state : "archived") as HostState;
}

function decodeConnection(v: unknown): Connection | null {
  if (typeof v !== "object" || v === null) return null;
  const o = obj(v);
  return {
    since: num(o["since"]),
    address: str(o["address"]),
    tls: o["tls"] === true,
    compression: str(o["compression"]),
    capabilities: arr(o["capabilities"]).map(str).filter(Boolean),
  };
}

export function decodeHost(v: unknown): Host {
  const o = obj(v);
  return {
    guid: str(o["guid"]),
    hostname: str(o["hostname"]) || str(o["guid"]),
    state: hostState(o["state"]),
    replicationPercent: Math.min(100, Math.max(0, num(o["replication_percent"]))),
    os: str(o["os"]),
    kernel: str(o["kernel"]),
    agent: str(o["agent"]),
    charts: num(o["charts"]),
    metrics: num(o["metrics"]),
    samplesPerSecond: num(o["samples_per_second"]),
    firstSeen: num(o["first_seen"]),
    lastSeen: num(o["last_seen"]),
    hops: num(o["hops"]),
    connection: decodeConnection(o["connection"]),
    labels: strings(o["labels"]),
    ambiguous: o["ambiguous"] === true,
  };
}

export function decodeFleet(v: unknown): Fleet {
  const o = obj(v);
  return {
    version: str(o["version"]),
    now: num(o["now"]),
    apiKeys: typeof o["api_keys"] === "number" ? o["api_keys"] : null,
    hosts: arr(o["hosts"]).map(decodeHost).filter((h) => h.guid !== "" || h.hostname !== ""),
  };
}

export function decodeInfo(v: unknown): HostInfo {
  const o = obj(v);
  // Of all hosts that an answer lists the parent alone is no step away from itself.
  const parent = arr(o["mirrored_hosts_status"]).map(obj).find((h) => h["hops"] === 0);
  const join = (...keys: string[]) => keys.map((k) => str(o[k])).filter((s) => s !== "" && s !== "unknown").join(" ");
  return {
    version: str(o["version"]),
    os: join("os_name", "os_version"),
    kernel: join("kernel_name", "kernel_version"),
    architecture: join("architecture"),
    virtualization: join("virtualization"),
    cores: positive(o["cores_total"]),
    memory: positive(o["ram_total"]),
    labels: strings(o["host_labels"]),
    parent: str(o["uid"]) !== "" && str(o["uid"]) === str(parent?.["guid"]),
  };
}

const chartTypes: readonly string[] = ["line", "area", "stacked", "heatmap"] satisfies ChartType[];

/** The v1 API says "title (name)"; the name stands beside the title anyway. */
function plainTitle(title: string, id: string, name: string): string {
  for (const suffix of [` (${name})`, ` (${id})`]) if (title.endsWith(suffix)) return title.slice(0, -suffix.length);
  return title;
}

export function decodeChart(key: string, v: unknown): Chart {
  const o = obj(v);
  const id = str(o["id"]) || key;
  const name = str(o["name"]) || id;
  const type = str(o["type"]) || id.split(".", 1)[0]!;
  const chartType = str(o["chart_type"]);
  return {
    id,
    name,
    type,
    family: str(o["family"]) || type,
    context: str(o["context"]) || id,
    title: plainTitle(str(o["title"]) || name, id, name),
    priority: num(o["priority"], 1_000_000),
    units: str(o["units"]),
    chartType: (chartTypes.includes(chartType) ? chartType : "line") as ChartType,
    updateEvery: Math.max(1, num(o["update_every"], 1)),
    firstEntry: num(o["first_entry"]),
    lastEntry: num(o["last_entry"]),
    dimensions: Object.entries(obj(o["dimensions"])).map(([dim, d]) => ({ id: dim, name: str(obj(d)["name"]) || dim })),
    labels: strings(o["chart_labels"]),
  };
}

export function decodeCharts(v: unknown): Chart[] {
  return Object.entries(obj(obj(v)["charts"])).map(([id, c]) => decodeChart(id, c));
}

export function decodeLive(v: unknown): LiveBatch {
  const o = obj(v);
  const charts: LiveBatch["charts"] = {};
  for (const [id, c] of Object.entries(obj(o["charts"]))) {
    const chart = obj(c);
    const points: LiveRow[] = [];
    for (const row of arr(chart["points"]).map(arr)) {
      if (typeof row[0] === "number") points.push([row[0], ...row.slice(1).map(cell)]);
    }
    const anomalies: [number, number][] = [];
    for (const row of arr(chart["anomalies"]).map(arr)) {
      if (typeof row[0] === "number" && typeof row[1] === "number") anomalies.push([row[0], row[1]]);
    }
    charts[id] = { dimensions: arr(chart["dimensions"]).map(str), points, anomalies };
  }
  return { now: num(o["now"]), charts };
}
