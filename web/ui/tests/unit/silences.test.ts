import { describe, expect, it, vi } from "vitest";
import { decodeCommands, decodeSilence, decodeWindow, ManageError } from "../../src/api/silences";
import { managed, refusal, token } from "../../src/state/manage";
import { compilePattern, patternOf } from "../../src/state/pattern";
import { compileSelector, describeSelector, localTime, selectorsFor, silencedBy, timeOf, type Subject } from "../../src/state/silences";

describe("simple patterns", () => {
  it.each([
    ["web*", "web01", true],
    ["web*", "db", false],
    ["!web09 web*", "web09", false],
    ["!web09 web*", "web08", true],
    ["web* !web09", "web09", true],
    ["*", "", false],
    ["", "x", false],
    ["a*b*c", "aXbYc", true],
    ["a*b*c", "ac", false],
    ["ab*ba", "aba", false],
    ["*.x", "a.x", true],
    ["two\\ words", "two words", true],
    ["\\!not", "!not", true],
    ["  a \t b ", "b", true],
  ])("%s and %s: %s", (pattern, name, want) => expect(compilePattern(pattern)(name)).toBe(want));
  it("look at all names of a thing, word by word", () => {
    expect(compilePattern("!g1 web*")("web01", "g1")).toBe(false);
    expect(compilePattern("g1")("web01", "g1")).toBe(true);
  });
  it("can be of a name", () => {
    for (const name of ["a b", "!x", "a\\b", "disk_space./"]) expect(compilePattern(patternOf(name))(name), name).toBe(true);
  });
});

const alert = (o: Partial<Subject> = {}): Subject => ({ guid: "g1", hostname: "web01", name: "cpu", chart: "system.cpu", chartName: "system.cpu", context: "system.cpu", family: "cpu", ...o });

describe("selectors", () => {
  it("match when all of their patterns do", () => {
    expect(compileSelector({ alarm: "cpu", hosts: "web*" })(alert())).toBe(true);
    expect(compileSelector({ alarm: "cpu", hosts: "db*" })(alert())).toBe(false);
    expect(compileSelector({ hosts: "g1" })(alert())).toBe(true);
    expect(compileSelector({})(alert())).toBe(false);
  });
  it("select what was selected, and nothing else", () => {
    const chosen = [alert(), alert({ guid: "g2" }), alert({ name: "load", chart: "system.load" }), alert()];
    const selectors = selectorsFor(chosen);
    expect(selectors).toEqual([
      { alarm: "cpu", chart: "system.cpu", hosts: "g1 g2" },
      { alarm: "load", chart: "system.load", hosts: "g1" },
    ]);
    expect(selectors.some((s) => compileSelector(s)(alert({ guid: "g3", hostname: "g3" })))).toBe(false);
  });
  it("stay short enough for the server", () => {
    const many = Array.from({ length: 100 }, (_, i) => alert({ guid: `00000000-0000-4000-8000-${String(i).padStart(12, "0")}` }));
    const selectors = selectorsFor(many);
    expect(selectors.length).toBeGreaterThan(1);
    expect(selectors.every((s) => s.hosts!.length <= 1024)).toBe(true);
    for (const a of many) expect(selectors.filter((s) => compileSelector(s)(a))).toHaveLength(1);
  });
  it("are said with hostnames", () => expect(describeSelector({ alarm: "cpu", hosts: "g1 db*" }, (g) => (g === "g1" ? "web01" : g))).toEqual([{ label: "alert", text: "cpu" }, { label: "host", text: "web01 db*" }]));
});

it("knows what silences an alert", () => {
  const silences = [decodeSilence({ id: "a", selector: { alarm: "cpu" } }), decodeSilence({ id: "b", selector: { alarm: "load" }, effect: "DISABLE" })];
  const windows = [decodeWindow({ id: "w", hosts: "web*", active: true }), decodeWindow({ id: "later", hosts: "web*", active: false })];
  const found = silencedBy(alert(), { silences, windows, commands: decodeCommands({ type: "SILENCE", all: false, silencers: [{ context: "system.*" }] }) });
  expect(found.silences.map((s) => s.id)).toEqual(["a"]);
  expect(found.windows.map((w) => w.id)).toEqual(["w"]);
  expect(found.commands).toBe(true);
  expect(silencedBy(alert(), { silences: [], windows: [], commands: decodeCommands({ type: "None", all: true }) }).commands).toBe(false);
});

it("times go through their fields", () => {
  expect(timeOf(localTime(1_700_000_040))).toBe(1_700_000_040);
  expect(timeOf("")).toBeNull();
  expect(timeOf("nonsense")).toBeNull();
});

describe("a change that is refused", () => {
  it("is tried again with the token", async () => {
    const act = vi.fn((t: string) => (t === "right" ? Promise.resolve("done") : Promise.reject(new ManageError(403, "no", "token"))));
    const done = managed(act);
    await vi.waitFor(() => expect(refusal.value).toMatchObject({ message: "no", wantsToken: true }));
    token.value = "right";
    refusal.value!.answer(true);
    expect(await done).toBe("done");
    expect(refusal.value).toBeNull();
    expect(localStorage.getItem("foster.token")).toBe("right");
    token.value = "";
    expect(localStorage.getItem("foster.token")).toBeNull();
  });
  it("may be given up", async () => {
    const done = managed(() => Promise.reject(new ManageError(403, "not from here", "")));
    await vi.waitFor(() => expect(refusal.value).toMatchObject({ wantsToken: false }));
    refusal.value!.answer(false);
    expect(await done).toBeNull();
  });
  it("of another kind is an error", () => expect(managed(() => Promise.reject(new ManageError(400, "wrong", "hosts")))).rejects.toThrow("wrong"));
});
