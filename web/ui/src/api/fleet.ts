import { getJSON } from "./client";
import { arr, cell, hostState, num, obj, str } from "./decode";
import type { Cell, HostState } from "./types";

/** The raised alerts of a host. */
export interface HostAlerts {
  critical: number;
  warning: number;
  worst: { name: string; chart: string; critical: boolean; value: string; since: number } | null;
}

/** The present of a host; figures that it does not send, or not now, are null. */
export interface Figures {
  guid: string;
  state: HostState;
  replicationPercent: number;
  lastSeen: number;
  samplesPerSecond: number;
  uptime: Cell;
  /** Percent of all processors. */
  cpu: Cell;
  /** Percent in use. */
  memory: Cell;
  /** Bytes there are. */
  memoryTotal: Cell;
  /** Bytes per second, read and written. */
  disk: Cell;
  /** Bits per second, received and sent. */
  network: Cell;
  /** The file system that is closest to being full. */
  space: { of: string; percent: number } | null;
  /** Null where no alerts are evaluated. */
  alerts: HostAlerts | null;
}

export const figureKinds = ["cpu", "memory", "disk", "network"] as const;
export type FigureKind = (typeof figureKinds)[number];

/** The last minutes of the figures of a host: the i-th value of a list is the average of the `step` seconds up to `first` + i · `step`. */
export interface FigureHistory {
  first: number;
  step: number;
  values: Record<FigureKind, Cell[]>;
}

export interface FleetNow {
  now: number;
  hosts: Figures[];
  history: Map<string, FigureHistory>;
}

function decodeAlerts(v: unknown): HostAlerts | null {
  if (typeof v !== "object" || v === null) return null;
  const o = obj(v);
  const worst = obj(o["worst"]);
  return {
    critical: num(o["critical"]),
    warning: num(o["warning"]),
    worst: str(worst["name"]) === "" ? null : { name: str(worst["name"]), chart: str(worst["chart"]), critical: str(worst["status"]) === "CRITICAL", value: str(worst["value"]), since: num(worst["since"]) },
  };
}

function decodeFigures(v: unknown): Figures {
  const o = obj(v);
  const space = obj(o["disk_space"]);
  const percent = cell(space["percent"]);
  return {
    guid: str(o["guid"]),
    state: hostState(o["state"]),
    replicationPercent: num(o["replication_percent"]),
    lastSeen: num(o["last_seen"]),
    samplesPerSecond: num(o["samples_per_second"]),
    uptime: cell(o["uptime_seconds"]),
    cpu: cell(o["cpu_percent"]),
    memory: cell(o["memory_percent"]),
    memoryTotal: cell(o["memory_bytes"]),
    disk: cell(o["disk_bytes_per_second"]),
    network: cell(o["network_bits_per_second"]),
    space: percent === null ? null : { of: str(space["of"]), percent },
    alerts: decodeAlerts(o["alerts"]),
  };
}

export function decodeFleetNow(v: unknown): FleetNow {
  const o = obj(v);
  const step = Math.max(1, num(o["step"], 5));
  const history = new Map<string, FigureHistory>();
  for (const [guid, h] of Object.entries(obj(o["series"]))) {
    const of = obj(h);
    const values = Object.fromEntries(figureKinds.map((k) => [k, arr(of[k]).map(cell)])) as Record<FigureKind, Cell[]>;
    history.set(guid, { first: num(of["first"]), step, values });
  }
  return { now: num(o["now"]), hosts: arr(o["hosts"]).map(decodeFigures), history };
}

/** How the hosts are now, and the last minutes of those in `series`. */
export async function fetchFleetNow(series: readonly string[], signal: AbortSignal): Promise<FleetNow> {
  const query = series.length > 0 ? `?series=${series.join(",")}` : "";
  return decodeFleetNow(await getJSON(`/api/foster/v1/fleet${query}`, signal));
}

/** What the first child of a new parent writes into its stream.conf; null what is not told to this browser. */
export interface FirstChild {
  apiKeys: number;
  apiKey: string | null;
  destination: string | null;
}

export async function fetchFirstChild(signal: AbortSignal): Promise<FirstChild> {
  const o = obj(await getJSON("/api/foster/v1/first_child", signal));
  return { apiKeys: num(o["api_keys"]), apiKey: str(o["api_key"]) || null, destination: str(o["destination"]) || null };
}
