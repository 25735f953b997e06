import { getJSON } from "./client";
import { arr, cell, hostState, num, obj, str } from "./decode";
import type { Cell, HostState } from "./types";

/** The open connection of a child. Counters are since it began. */
export interface ChildConnection {
  since: number;
  address: string;
  tls: boolean;
  compression: string;
  capabilities: string[];
  bytesIn: number;
  bytesPlain: number;
  samples: number;
  replayed: number;
  dropped: number;
  samplesPerSecond: number;
  replicationPercent: number;
  replicatingCharts: number;
  /** Seconds that the newest sample is old, null before the first. */
  lag: Cell;
}

export interface Child {
  guid: string;
  hostname: string;
  ambiguous: boolean;
  state: HostState;
  lastSeen: number;
  agent: string;
  hops: number;
  apiKey: string;
  connection: ChildConnection | null;
  /** The last connection that has ended since foster started. */
  ended: { since: number; until: number; address: string; reason: string } | null;
}

export interface Rejection {
  first: number;
  last: number;
  count: number;
  address: string;
  hostname: string;
  guid: string;
  agent: string;
  apiKey: string;
  status: string;
  reason: string;
}

export interface StreamKey {
  apiKey: string;
  hosts: number;
  allowFrom: string;
  memoryMode: string;
  replication: boolean;
  replicationPeriod: number;
  compression: string[];
  health: string;
  ephemeral: boolean;
}

export interface Self {
  version: string;
  started: number;
  cpuSeconds: number;
  memory: number;
  goroutines: number;
  accepted: number;
  rejected: number;
}

export interface Streaming {
  now: number;
  children: Child[];
  rejections: Rejection[];
  keys: StreamKey[];
  self: Self;
}

function decodeConnection(v: unknown): ChildConnection | null {
  if (typeof v !== "object" || v === null) return null;
  const o = obj(v);
  return {
    since: num(o["since"]),
    address: str(o["address"]),
    tls: o["tls"] === true,
    compression: str(o["compression"]),
    capabilities: arr(o["capabilities"]).map(str).filter(Boolean),
    bytesIn: num(o["bytes_in"]),
    bytesPlain: num(o["bytes_plain"]),
    samples: num(o["samples"]),
    replayed: num(o["replayed"]),
    dropped: num(o["dropped"]),
    samplesPerSecond: num(o["samples_per_second"]),
    replicationPercent: num(o["replication_percent"], 100),
    replicatingCharts: num(o["replicating_charts"]),
    lag: cell(o["lag_seconds"]),
  };
}

function decodeChild(v: unknown): Child {
  const o = obj(v);
  const ended = obj(o["ended"]);
  return {
    guid: str(o["guid"]),
    hostname: str(o["hostname"]) || str(o["guid"]),
    ambiguous: o["ambiguous"] === true,
    state: hostState(o["state"]),
    lastSeen: num(o["last_seen"]),
    agent: str(o["agent"]),
    hops: num(o["hops"]),
    apiKey: str(o["api_key"]),
    connection: decodeConnection(o["connection"]),
    ended: o["ended"] == null ? null : { since: num(ended["since"]), until: num(ended["until"]), address: str(ended["address"]), reason: str(ended["reason"]) },
  };
}

export function decodeStreaming(v: unknown): Streaming {
  const o = obj(v);
  const self = obj(o["self"]);
  return {
    now: num(o["now"]),
    children: arr(o["connections"]).map(decodeChild),
    rejections: arr(o["rejections"]).map((r) => {
      const x = obj(r);
      return {
        first: num(x["first"]),
        last: num(x["last"]),
        count: num(x["count"], 1),
        address: str(x["address"]),
        hostname: str(x["hostname"]),
        guid: str(x["guid"]),
        agent: str(x["agent"]),
        apiKey: str(x["api_key"]),
        status: str(x["status"]),
        reason: str(x["reason"]),
      };
    }),
    keys: arr(o["keys"]).map((k) => {
      const x = obj(k);
      return {
        apiKey: str(x["api_key"]),
        hosts: num(x["hosts"]),
        allowFrom: str(x["allow_from"]) || "*",
        memoryMode: str(x["memory_mode"]),
        replication: x["replication"] === true,
        replicationPeriod: num(x["replication_period_seconds"]),
        compression: arr(x["compression"]).map(str).filter(Boolean),
        health: str(x["health"]),
        ephemeral: x["ephemeral"] === true,
      };
    }),
    self: {
      version: str(self["version"]),
      started: num(self["started"]),
      cpuSeconds: num(self["cpu_seconds"]),
      memory: num(self["memory_bytes"]),
      goroutines: num(self["goroutines"]),
      accepted: num(self["accepted"]),
      rejected: num(self["rejected"]),
    },
  };
}

/** A tier of the store. */
export interface Tier {
  tier: number;
  step: number;
  series: number;
  bytes: number;
  /** In blocks; foster does not count those that are in memory still. */
  points: number;
  bytesPerPoint: Cell;
  first: number;
  last: number;
  covered: number;
  /** Limits, 0 for none. */
  maxBytes: number;
  maxSeconds: number;
  /** Seconds of history there will be when a limit is reached, 0 when that is not known. */
  expected: number;
}

export interface Storage {
  bytes: number;
  full: boolean;
  tiers: Tier[];
  disk: { size: number; free: number } | null;
}

export function decodeStorage(v: unknown): Storage {
  const o = obj(v);
  const disk = obj(o["disk"]);
  return {
    bytes: num(o["bytes"]),
    full: o["full"] === true,
    tiers: arr(o["tiers"]).map((t) => {
      const x = obj(t);
      return {
        tier: num(x["tier"]),
        step: num(x["step_seconds"], 1),
        series: num(x["series"]),
        bytes: num(x["block_bytes"]) + num(x["head_bytes"]),
        points: num(x["points"]),
        bytesPerPoint: cell(x["bytes_per_point"]),
        first: num(x["first"]),
        last: num(x["last"]),
        covered: num(x["covered_seconds"]),
        maxBytes: num(x["max_bytes"]),
        maxSeconds: num(x["max_seconds"]),
        expected: num(x["expected_seconds"]),
      };
    }),
    disk: o["disk"] == null ? null : { size: num(disk["size_bytes"]), free: num(disk["free_bytes"]) },
  };
}

/** A connection of a host as foster remembers it. */
export interface PastConnection {
  since: number;
  /** Null while it is open. */
  until: number | null;
  address: string;
  agent: string;
  compression: string;
  samples: number;
  bytesIn: number;
  reason: string;
}

export async function fetchStreaming(signal: AbortSignal): Promise<Streaming> {
  return decodeStreaming(await getJSON("/api/foster/v1/streaming", signal));
}

export async function fetchStorage(signal: AbortSignal): Promise<Storage> {
  return decodeStorage(await getJSON("/api/foster/v1/storage", signal));
}

/** The newest connections of a host, the newest first. */
export async function fetchConnections(guid: string, signal: AbortSignal): Promise<PastConnection[]> {
  const o = obj(await getJSON(`/api/foster/v1/hosts/${encodeURIComponent(guid)}/connections`, signal));
  return arr(o["connections"]).map((c) => {
    const x = obj(c);
    return {
      since: num(x["since"]),
      until: typeof x["until"] === "number" ? x["until"] : null,
      address: str(x["address"]),
      agent: str(x["agent"]),
      compression: str(x["compression"]),
      samples: num(x["samples"]),
      bytesIn: num(x["bytes_in"]),
      reason: str(x["reason"]),
    };
  });
}
