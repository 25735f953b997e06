import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { decodeDashboard, nameCharts, type Content, type Panel } from "../../src/api/dashboards";
import { BoardEdit } from "../../src/state/boardedit";
import { changePanel, chosenChart, chosenRows, copyName, dropPlace, freeID, livePoints, movePanel, nextOf, sameContent, widths } from "../../src/state/panels";
import { sizeAt } from "../../src/pages/dashboards/drag";
import { parseRoute } from "../../src/state/router";
import type { Chart, DataTable } from "../../src/api/types";

const panel = (id: string, more: Partial<Panel> = {}): Panel => ({ id, host: "h", hostname: "web01", chart: "system.cpu", title: "", dimensions: [], width: 6, height: 3, ...more });
const ids = (list: readonly Panel[]) => list.map((p) => p.id).join("");

describe("panels", () => {
  const list = ["a", "b", "c", "d"].map((id) => panel(id));
  it.each([
    ["a", 2, "bcad"],
    ["d", 0, "dabc"],
    ["b", 99, "acdb"],
    ["c", -1, "cabd"],
  ])("moves %s to place %i", (id, to, want) => expect(ids(movePanel(list, id, to))).toBe(want));

  it("says that nothing moved by returning the same list", () => {
    expect(movePanel(list, "b", 1)).toBe(list);
    expect(movePanel(list, "none", 1)).toBe(list);
  });

  it.each([
    ["a", "c", false, "bacd"],
    ["a", "c", true, "bcad"],
    ["d", "a", false, "dabc"],
    ["c", "b", true, "abcd"],
  ])("drops %s at %s, after it: %s", (id, on, after, want) => expect(ids(movePanel(list, id, dropPlace(list, id, on, after)))).toBe(want));

  it.each([
    [588, 264, 6, 3],
    [10, 10, 1, 2],
    [5000, 5000, 12, 8],
    [388, 172, 4, 2],
  ])("is %i × %i px large as %i columns and %i rows", (x, y, width, height) => expect(sizeAt(1188, x, y)).toEqual({ width, height }));

  it("finds an id that is free", () => {
    expect(freeID([])).toBe("p1");
    expect(freeID([panel("p1"), panel("p3")])).toBe("p2");
  });

  it("finds the next size, also from one that is not offered", () => {
    expect([nextOf(widths, 6, 1), nextOf(widths, 6, -1), nextOf(widths, 12, 1), nextOf(widths, 3, -1), nextOf(widths, 5, 1)]).toEqual([8, 4, 12, 3, 6]);
  });

  it("tells a change from none", () => {
    const c: Content = { name: "n", description: "", last: 900, panels: list };
    expect(sameContent(c, { ...c, panels: [...list] })).toBe(true);
    expect(sameContent(c, { ...c, panels: changePanel(list, "b", { dimensions: ["x"] }) })).toBe(false);
    expect(sameContent(c, { ...c, last: 60 })).toBe(false);
  });

  it("names copies within 100 bytes", () => {
    expect(copyName("Web")).toBe("Web (copy)");
    const long = copyName("ü".repeat(60));
    expect(new TextEncoder().encode(long).length).toBeLessThanOrEqual(100);
    expect(long.endsWith("ü (copy)")).toBe(true);
  });
});

describe("the dimensions that were chosen", () => {
  const chart = { id: "c", dimensions: ["x", "y", "z"].map((id) => ({ id, name: id })) } as Chart;
  const rows: DataTable = { dimensions: chart.dimensions, times: [10, 11, 12], columns: [[1, 2, null], [3, null, null], [5, 6, null]], step: 1, band: { low: [[1], [3], [5]], high: [[2], [4], [6]] }, anomalies: [0, 50, null] };
  it("are kept alone", () => {
    expect(chosenChart(chart, [])).toBe(chart);
    expect(chosenChart(chart, ["z", "x", "gone"]).dimensions.map((d) => [d.id, d.place])).toEqual([["x", 0], ["z", 2]]);
    expect(chosenRows(rows, ["y", "z"])).toMatchObject({ dimensions: [{ id: "y" }, { id: "z" }], columns: [[3, null, null], [5, 6, null]], band: { low: [[3], [5]], high: [[4], [6]] } });
    expect(chosenRows(null, ["y"])).toBeNull();
  });
  it("become live points without rows that have not come yet", () => {
    expect(livePoints(chosenRows(rows, ["x", "y"])!)).toEqual({ dimensions: ["x", "y"], points: [[10, 1, 3], [11, 2, null]], anomalies: [[11, 50]] });
  });
});

describe("the API of dashboards", () => {
  it("names a host once for the charts after it", () => {
    expect(nameCharts([{ host: "a b", chart: "x" }, { host: "a b", chart: "y" }, { host: "c", chart: "x" }]).toString()).toBe("host=a+b&chart=x&chart=y&host=c&chart=x");
  });
  it("takes what a server of another version says", () => {
    expect(decodeDashboard({ id: "i", name: "n", panels: [{ id: "p1", host: "h", chart: "c", width: 99, height: "x" }, null] })).toEqual({
      id: "i", version: 0, name: "n", description: "", last: 900, created: 0, changed: 0,
      panels: [{ id: "p1", host: "h", hostname: "h", chart: "c", title: "", dimensions: [], width: 12, height: 3 }],
    });
  });
  it("has addresses", () => {
    expect(parseRoute("/dashboards")).toEqual({ page: "dashboards" });
    expect(parseRoute("/dashboards/a%20b")).toEqual({ page: "dashboard", id: "a b" });
    expect(parseRoute("/dashboards/a/b").page).toBe("unknown");
    expect(parseRoute("/dashboards/%zz").page).toBe("unknown");
    expect(parseRoute("/host/a/")).toEqual({ page: "host", host: "a" });
  });
});

describe("a change of a dashboard", () => {
  const stored = new Map<string, string>();
  const storage = { getItem: (k: string) => stored.get(k) ?? null, setItem: (k: string, v: string) => void stored.set(k, v), removeItem: (k: string) => void stored.delete(k) };
  /** What the server has; null: nothing. */
  let server: { version: number; name: string } | null;
  const answer = (status: number, body: unknown) => new Response(JSON.stringify(body), { status });
  const edits: BoardEdit[] = [];
  const open = async () => {
    const e = new BoardEdit("i", storage);
    edits.push(e);
    await vi.waitFor(() => expect(e.status.value).not.toBe("loading"));
    return e;
  };

  beforeEach(() => {
    stored.clear();
    server = { version: 1, name: "Web" };
    vi.stubGlobal("fetch", async (_: string, init: RequestInit) => {
      if (!server) return answer(404, { errorMessage: "none" });
      if (init.method === "PUT") {
        const body = JSON.parse(init.body as string) as { version: number; name: string };
        if (body.version !== server.version) return answer(409, { errorMessage: "changed", field: "version" });
        server = { ...body, version: body.version + 1 };
      }
      return answer(200, { id: "i", description: "", last: 900, panels: [], ...server });
    });
  });
  afterEach(() => {
    edits.splice(0).forEach((e) => e.close());
    vi.unstubAllGlobals();
  });

  it("is kept until it is saved", async () => {
    const e = await open();
    e.begin();
    expect(e.dirty.value).toBe(false);
    e.change({ name: "Web 2" });
    e.arrange((list) => [...list, panel("p1")]);
    expect(e.dirty.value).toBe(true);
    e.close();
    const again = await open();
    expect(again.content.value).toMatchObject({ name: "Web 2", panels: [{ id: "p1" }] });
    expect(await again.save()).toBe("saved");
    expect(again.editing.value).toBe(false);
    expect(server).toMatchObject({ name: "Web 2", version: 2 });
    expect(stored.size).toBe(0);
  });

  it("is not lost when somebody else was faster, and can go over theirs", async () => {
    const e = await open();
    e.begin();
    e.change({ name: "mine" });
    server = { version: 5, name: "theirs" };
    expect(await e.save()).toBe("conflict");
    expect(e.content.value?.name).toBe("mine");
    expect(e.saved.value?.name).toBe("theirs");
    expect(e.overtaken.value).toBe(true);
    expect(await e.save(true)).toBe("saved");
    expect(server).toMatchObject({ name: "mine", version: 6 });
  });

  it("outlives that the dashboard is deleted", async () => {
    const e = await open();
    e.begin();
    e.change({ name: "mine" });
    server = null;
    expect(await e.save()).toBe("gone");
    expect(e.content.value?.name).toBe("mine");
    e.close();
    const again = await open();
    expect(again.status.value).toBe("ready");
    expect(again.content.value?.name).toBe("mine");
  });

  it("is no more when it is given up", async () => {
    const e = await open();
    e.begin();
    e.change({ name: "mine" });
    e.cancel();
    expect([e.content.value?.name, stored.size]).toEqual(["Web", 0]);
    stored.set("foster.dashboard.i", "{broken");
    expect((await open()).editing.value).toBe(false);
  });

  it("is of no dashboard when there is none", async () => {
    server = null;
    expect((await open()).status.value).toBe("unknown");
  });
});
