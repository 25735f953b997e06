import { signal } from "@preact/signals";
import { fetchStorage, fetchStreaming, type Child, type Storage, type Streaming } from "../api/streaming";
import { Poll } from "./poll";

const kept = 60; // values of each load

/** foster's own load, the newest value last. */
export interface Loads {
  /** Percent of one processor. */
  cpu: number[];
  memory: number[];
  samples: number[];
  /** Bytes per second, as on the wire. */
  bytes: number[];
}

/** What the streaming page knows: answers of the server, and the rates between them. */
export class StreamingStore {
  readonly streaming: Poll<Streaming>;
  readonly storage: Poll<Storage>;
  readonly loads = signal<Loads>({ cpu: [], memory: [], samples: [], bytes: [] });
  /** Bytes per second of each child on the wire, by machine GUID. */
  readonly rates = signal<ReadonlyMap<string, number>>(new Map());
  private last: Streaming | null = null;

  constructor() {
    this.streaming = new Poll(fetchStreaming, 2000, (s) => this.receive(s));
    this.storage = new Poll(fetchStorage, 10_000);
  }

  close(): void {
    this.streaming.close();
    this.storage.close();
  }

  private receive(s: Streaming): void {
    const before = this.last;
    this.last = s;
    if (before) this.rates.value = byteRates(before, s);
    this.loads.value = nextLoads(this.loads.peek(), before, s, this.rates.peek());
  }
}

/** What each child has sent between two answers, in bytes per second; a connection that began in between counts from then. */
export function byteRates(before: Streaming, s: Streaming): Map<string, number> {
  const seconds = s.now - before.now;
  const old = new Map(before.children.map((c) => [c.guid, c]));
  const rates = new Map<string, number>();
  if (!(seconds > 0)) return rates;
  for (const { guid, connection } of s.children) {
    if (!connection) continue;
    const was = old.get(guid)?.connection;
    const from = was?.since === connection.since ? was.bytesIn : 0;
    rates.set(guid, Math.max(0, connection.bytesIn - from) / seconds);
  }
  return rates;
}

export function nextLoads(loads: Loads, before: Streaming | null, s: Streaming, rates: ReadonlyMap<string, number>): Loads {
  const push = (list: number[], v: number | null) => (v === null ? list : [...list, v].slice(-kept));
  // After a restart the processor time begins anew.
  const same = before && before.self.started === s.self.started && s.now > before.now;
  return {
    cpu: push(loads.cpu, same ? Math.max(0, (100 * (s.self.cpuSeconds - before.self.cpuSeconds)) / (s.now - before.now)) : null),
    memory: push(loads.memory, s.self.memory),
    samples: push(
      loads.samples,
      s.children.reduce((n, c) => n + (c.connection?.samplesPerSecond ?? 0), 0),
    ),
    bytes: push(loads.bytes, before ? [...rates.values()].reduce((a, b) => a + b, 0) : null),
  };
}

/** How much smaller a stream is on the wire than what it says; null when nothing has come yet. */
export function compressionRatio(c: Pick<NonNullable<Child["connection"]>, "bytesIn" | "bytesPlain">): number | null {
  return c.bytesIn > 0 && c.bytesPlain > 0 ? c.bytesPlain / c.bytesIn : null;
}
