import { describe, expect, it } from "vitest";
import { decodeStorage, decodeStreaming } from "../../src/api/streaming";
import { adviceFor } from "../../src/components/RejectionList";
import { byteRates, compressionRatio, nextLoads } from "../../src/state/streaming";

const at = (now: number, bytes: number, since = 5, started = 1) =>
  decodeStreaming({
    now,
    connections: [
      { guid: "a", state: "live", connection: { since, bytes_in: bytes, bytes_plain: 3 * bytes, samples_per_second: 50 } },
      { guid: "b", state: "archived", connection: null },
    ],
    self: { started, cpu_seconds: now / 10, memory_bytes: 1000 },
  });

describe("rates between two answers", () => {
  it("are those of open connections", () => expect([...byteRates(at(100, 1000), at(102, 1500))]).toEqual([["a", 250]]));
  it("count a new connection from its beginning", () => expect(byteRates(at(100, 1000), at(102, 80, 101)).get("a")).toBe(40));
  it("need time to pass", () => expect(byteRates(at(100, 1), at(100, 2)).size).toBe(0));
});

describe("foster's own load", () => {
  const empty = { cpu: [], memory: [], samples: [], bytes: [] };
  it("is what was used in between", () => {
    const [before, after] = [at(100, 1000), at(102, 1500)];
    expect(nextLoads(empty, before, after, byteRates(before, after))).toEqual({ cpu: [expect.closeTo(10)], memory: [1000], samples: [50], bytes: [250] });
  });
  it("begins anew after a restart", () => expect(nextLoads(empty, at(100, 1), at(102, 1, 5, 101), new Map()).cpu).toEqual([]));
  it("knows nothing of the time before", () => expect(nextLoads(empty, null, at(100, 1), new Map())).toMatchObject({ cpu: [], bytes: [] }));
});

it("says how much a stream is compressed", () => {
  expect(compressionRatio({ bytesIn: 100, bytesPlain: 250 })).toBe(2.5);
  expect(compressionRatio({ bytesIn: 0, bytesPlain: 0 })).toBeNull();
});

it("advises on every kind of rejection that an operator can do something about", () => {
  for (const status of ["INVALID API KEY PERMISSION DENIED", "API KEY DISABLED PERMISSION DENIED", "NOT ALLOWED IP PERMISSION DENIED", "DUPLICATE RECEIVER", "ALREADY CONNECTED", "LOCALHOST PERMISSION DENIED", "RATE LIMIT TRY LATER", "NOT ENCRYPTED"]) expect(adviceFor(status), status).not.toBe("");
  expect(adviceFor("BAD HANDSHAKE")).toBe("");
});

it("survives answers that lack everything", () => {
  expect(decodeStreaming(null).children).toEqual([]);
  expect(decodeStreaming({ connections: [null], rejections: [7], keys: ["x"] }).keys[0]!.allowFrom).toBe("*");
  expect(decodeStorage({ tiers: [{}] }).tiers[0]!.bytes).toBe(0);
});
