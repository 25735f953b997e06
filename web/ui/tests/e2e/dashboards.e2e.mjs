import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { faults } from "./axe.mjs";
import { eventually, inBrowser } from "./browser.mjs";
import { startChild } from "./child.mjs";
import { fosterBin, startFoster } from "./foster.mjs";

const legend = (page) => page.locator(".panel output").allInnerTexts();
const order = (page) => page.locator(".panel").evaluateAll((list) => list.map((p) => p.querySelector(".chart").dataset.chart + "@" + p.querySelector(".origin").innerText.split(" ")[0]));
const unique = (name) => `${name} ${Math.random().toString(36).slice(2, 8)}`;

/** Two hosts that send now, with the ids of their charts in order. */
async function twoHosts(url) {
  const { hosts } = await (await fetch(`${url}/api/foster/v1/hosts`)).json();
  const live = hosts.filter((h) => h.state === "live" || h.state === "replicating").slice(0, 2);
  return Promise.all(live.map(async (h) => {
    const { charts } = await (await fetch(`${url}/host/${h.guid}/api/v1/charts`)).json();
    return { ...h, ids: Object.values(charts).sort((a, b) => a.priority - b.priority).filter((c) => ["system.cpu", "system.load", "system.ram", "system.io"].includes(c.id)).map((c) => c.id) };
  }));
}

const send = async (url, method, path, body) => {
  const r = await fetch(`${url}/api/foster/v1/dashboards${path}`, { method, body: body && JSON.stringify(body) });
  assert.ok(r.ok, `${method} ${path}: ${r.status} ${await r.clone().text()}`);
  return r.json();
};

/** A dashboard with a chart of each of two hosts. */
async function someBoard(url, name, more = []) {
  const hosts = await twoHosts(url);
  const panels = hosts.map((h) => ({ host: h.guid, hostname: h.hostname, chart: h.ids[0] }));
  return { hosts, board: await send(url, "POST", "", { name: unique(name), last: 300, panels: [...panels, ...more] }) };
}

test("a dashboard from its first chart to its end", () =>
  inBrowser(async ({ url, open }) => {
    const [one, two] = await twoHosts(url);
    const name = unique("Journey");
    const page = await open("/", { width: 1440 });
    await page.waitForSelector(".table tbody a");
    await page.keyboard.press("g");
    await page.keyboard.press("d");
    await page.getByRole("heading", { level: 1, name: "Dashboards" }).waitFor();

    // Made, and filled with charts of two hosts.
    await page.getByRole("button", { name: "New dashboard" }).click();
    await page.getByRole("dialog").getByLabel("Name").fill(name);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name }).waitFor();
    await page.locator(".board-edit").waitFor();
    assert.equal(new URL(page.url()).search, "", "the address is what others can be sent");
    await page.locator(".state").getByRole("button", { name: "Add charts" }).click();
    const dialog = page.getByRole("dialog", { name: "Add charts" });
    await dialog.getByRole("button", { name: one.hostname }).click();
    await dialog.getByRole("button", { name: `add ${one.ids[0]}`, exact: true }).click();
    await dialog.getByLabel(/^Search charts/).fill(one.ids[1]);
    await dialog.getByRole("button", { name: `add ${one.ids[1]}`, exact: true }).click();
    await dialog.getByLabel("Search hosts").fill(two.hostname);
    await dialog.getByRole("button", { name: two.hostname }).click();
    await dialog.getByLabel(/^Search charts/).fill("");
    await dialog.getByRole("button", { name: `add ${two.ids[0]}`, exact: true }).click();
    await dialog.getByText("3 of 100 charts").waitFor();
    await dialog.getByRole("button", { name: "Done" }).click();
    const [a, b, c] = [`${one.ids[0]}@${one.hostname}`, `${one.ids[1]}@${one.hostname}`, `${two.ids[0]}@${two.hostname}`];
    await eventually(async () => (await order(page)).join() === [a, b, c].join(), "the charts stand in the order in which they were added");
    await eventually(async () => (await page.locator(".panel canvas").count()) === 3, "they are drawn");
    const before = (await legend(page)).join();
    await eventually(async () => (await legend(page)).join() !== before, "they are live", 15_000);

    // Arranged by keyboard and by drag.
    await page.getByRole("button", { name: `move ${two.ids[0]} of ${two.hostname}`, exact: true }).focus();
    await page.keyboard.press("Home");
    await eventually(async () => (await order(page)).join() === [c, a, b].join(), "the last one is the first");
    await eventually(() => page.evaluate((label) => document.activeElement?.getAttribute("aria-label") === label, `move ${two.ids[0]} of ${two.hostname}`), "the focus went with it");
    await page.keyboard.press("ArrowRight");
    await eventually(async () => (await order(page)).join() === [a, c, b].join(), "it is the second");
    await page.getByText(`${two.ids[0]} of ${two.hostname}: place 2 of 3`).waitFor({ state: "attached" });
    const width = () => page.locator(".panel").nth(1).evaluate((p) => p.style.getPropertyValue("--w"));
    await page.keyboard.press("Shift+ArrowRight");
    await eventually(async () => (await width()) === "8", "it is wider");
    await page.keyboard.press("Shift+ArrowLeft");
    await eventually(async () => (await width()) === "6", "it is as wide as it was");
    const corner = await page.locator(".panel-corner").nth(1).boundingBox();
    const box = await page.locator(".panel").nth(1).boundingBox();
    await page.mouse.move(corner.x + 9, corner.y + 9);
    await page.mouse.down();
    await page.mouse.move(corner.x + 9 - box.width / 3, corner.y + 9, { steps: 8 });
    await eventually(async () => (await width()) === "4", "it is narrower");
    await page.keyboard.press("Escape");
    await eventually(async () => (await width()) === "6", "Escape takes it back");
    await page.mouse.up();
    const handle = await page.locator(".panel-handle").nth(2).boundingBox();
    const target = await page.locator(".panel").nth(0).boundingBox();
    await page.mouse.move(handle.x + 8, handle.y + 8);
    await page.mouse.down();
    await page.mouse.move(target.x + 60, target.y + 60, { steps: 8 });
    await page.locator(".drop-before").waitFor();
    await page.keyboard.press("Escape");
    assert.deepEqual(await order(page), [a, c, b], "Escape takes it back");
    await page.mouse.up();
    await page.mouse.move(handle.x + 8, handle.y + 8);
    await page.mouse.down();
    await page.mouse.move(target.x + 60, target.y + 60, { steps: 8 });
    await page.mouse.up();
    await eventually(async () => (await order(page)).join() === [b, a, c].join(), "the last one was dropped before the first");

    // Title and dimensions.
    await page.getByRole("button", { name: `settings of ${one.ids[0]} of ${one.hostname}` }).click();
    const settings = page.getByRole("dialog", { name: `${one.ids[0]} of ${one.hostname}` });
    await settings.getByLabel("Title").fill("The processors");
    const boxes = settings.getByRole("checkbox");
    const all = await boxes.count();
    await boxes.first().uncheck();
    await settings.getByRole("button", { name: "Done" }).click();
    const titled = page.locator(".panel", { has: page.getByRole("heading", { name: "The processors" }) });
    await eventually(async () => (await titled.locator(".legend button").count()) === all - 1, "a dimension is left out");

    // What is not saved outlives that the page is loaded again; then it is saved.
    page.on("dialog", (d) => void d.accept());
    await page.reload();
    await page.locator(".board-edit").waitFor();
    await eventually(async () => (await order(page)).join() === [b, a, c].join(), "the change is still there");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved.").waitFor();
    await page.reload();
    await page.getByRole("button", { name: "Edit" }).waitFor();
    await eventually(async () => (await order(page)).join() === [b, a, c].join(), "it is saved");

    // One request moves all charts in time.
    await eventually(async () => (await legend(page)).some((t) => /\d/.test(t)), "the legends have values");
    await page.keyboard.press(" ");
    await page.waitForTimeout(1500);
    let asked = 0;
    page.on("request", (r) => (asked += r.url().includes("/api/foster/v1/data?") ? 1 : 0));
    await page.keyboard.press("-");
    await page.waitForTimeout(1500);
    assert.equal(asked, 1, "requests for one zoom");

    // The link shows the same to somebody else.
    const dimension = titled.locator(".legend button").first();
    await dimension.click();
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByRole("button", { name: "share" }).click();
    await page.getByRole("menuitem", { name: "Copy a link to this time" }).click();
    await page.getByText("The link is copied.").waitFor();
    const link = new URL(await page.evaluate(() => navigator.clipboard.readText()));
    const other = await open(link.pathname + link.search, { width: 1440 });
    await other.waitForSelector(".panel canvas");
    assert.equal(await other.locator(".play").innerText(), "Paused");
    assert.equal(await other.locator(".when").innerText(), await page.locator(".when").innerText());
    const same = other.locator(".panel", { has: other.getByRole("heading", { name: "The processors" }) }).locator(".legend button").first();
    assert.equal(await same.getAttribute("aria-pressed"), "false", "the dimension is off there too");
    await other.context().close();

    // Exported, deleted, imported.
    const saved = page.waitForEvent("download");
    await page.getByRole("button", { name: "more", exact: true }).first().click();
    await page.getByRole("menuitem", { name: "Export as JSON" }).click();
    const file = await (await saved).path();
    const exported = JSON.parse(await readFile(file, "utf8"));
    assert.equal(exported.format, "foster-dashboard/1");
    assert.deepEqual(exported.panels.map((p) => p.chart), [one.ids[1], one.ids[0], two.ids[0]]);
    await page.getByRole("button", { name: "more", exact: true }).first().click();
    await page.getByRole("menuitem", { name: "Delete…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("heading", { level: 1, name: "Dashboards" }).waitFor();
    await eventually(async () => (await page.getByRole("link", { name }).count()) === 0, "it is not listed any more");
    const gone = await open(link.pathname);
    await gone.getByRole("heading", { name: "No such dashboard" }).waitFor();
    await page.locator('input[type="file"]').setInputFiles({ name: "broken.json", mimeType: "application/json", buffer: Buffer.from('{"name":') });
    await page.getByRole("dialog", { name: "Not imported" }).getByText("broken.json: it is not JSON").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Close", exact: true }).last().click();
    await page.locator('input[type="file"]').setInputFiles({ name: "board.json", mimeType: "application/json", buffer: await readFile(file) });
    await page.getByRole("link", { name }).waitFor();
    for (const d of (await send(url, "GET", "")).dashboards.filter((d) => d.name === name)) await send(url, "DELETE", `/${d.id}`);
  }));

test("two who change a dashboard at the same time", () =>
  inBrowser(async ({ url, open }) => {
    const { board } = await someBoard(url, "Shared");
    const page = await open(`/dashboards/${board.id}?edit=1`);
    const save = page.getByRole("button", { name: "Save" });
    await page.locator(".board-edit").getByLabel("Description").fill("mine");
    await send(url, "PUT", `/${board.id}`, { ...board, description: "theirs" });
    await save.click();
    const dialog = page.getByRole("dialog", { name: "Somebody else saved this dashboard" });
    await dialog.getByRole("button", { name: "Overwrite theirs" }).click();
    await page.getByText("Saved.").waitFor();
    let now = await send(url, "GET", `/${board.id}`);
    assert.deepEqual([now.description, now.version], ["mine", 3]);

    await page.keyboard.press("e");
    await page.locator(".board-edit").getByLabel("Description").fill("mine again");
    await send(url, "PUT", `/${board.id}`, { ...now, description: "theirs again" });
    await save.click();
    await dialog.getByRole("button", { name: "Save mine as a copy" }).click();
    await page.getByRole("heading", { level: 1, name: `${board.name} (copy)` }).waitFor();
    await page.getByText("mine again").waitFor();
    now = await send(url, "GET", `/${board.id}`);
    assert.equal(now.description, "theirs again");
    await page.goto(`${url}/dashboards/${board.id}`);
    await page.getByText("theirs again").waitFor();

    await page.keyboard.press("e");
    await page.locator(".board-edit").getByLabel("Description").fill("too late");
    await send(url, "DELETE", `/${board.id}`);
    await save.click();
    await page.getByRole("dialog", { name: "The dashboard was deleted" }).getByRole("button", { name: "Save as a new one" }).click();
    await page.getByText("too late").waitFor();
    for (const d of (await send(url, "GET", "")).dashboards.filter((d) => d.name.startsWith(board.name))) await send(url, "DELETE", `/${d.id}`);
  }));

test("who may not change dashboards is told", () =>
  inBrowser(async ({ url, open }) => {
    const { board } = await someBoard(url, "Fixed");
    const page = await open("/");
    const reason = "You may not manage this parent: see [web] allow management from.";
    await page.route("**/api/foster/v1/dashboards", async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, json: { ...(await answer.json()), refused: reason } });
    });
    await page.route(`**/api/foster/v1/dashboards/${board.id}`, (route) => (route.request().method() === "PUT" ? route.fulfill({ status: 403, json: { status: 403, errorMessage: reason } }) : route.continue()));
    await page.goto(`${url}/dashboards`);
    await page.getByText(`You can look at dashboards and not change them: ${reason}`).waitFor();
    await page.goto(`${url}/dashboards/${board.id}?edit=1`);
    await page.getByText(`You can try things here, and not save them: ${reason}`).waitFor();
    await page.locator(".board-edit").getByLabel("Description").fill("x");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("dialog", { name: "You may not do this from here" }).getByRole("button", { name: "Close" }).last().click();
    await page.getByRole("button", { name: "Discard" }).click();
    await page.getByRole("dialog", { name: "Discard what you changed?" }).getByRole("button", { name: "Discard" }).click();
    await page.getByRole("button", { name: "Edit" }).waitFor();
    await send(url, "DELETE", `/${board.id}`);
  }));

test("a chart of a host is added to a dashboard", () =>
  inBrowser(async ({ url, open }) => {
    const { board, hosts } = await someBoard(url, "Target");
    const [host] = hosts;
    const page = await open(`/host/${host.guid}/?q=${host.ids[1]}`);
    const chart = page.locator(`.chart[data-chart="${host.ids[1]}"]`).first();
    await chart.locator("canvas").waitFor();
    await chart.hover();
    await chart.getByRole("button", { name: "more" }).click();
    await page.getByRole("menuitem", { name: "Add to a dashboard…" }).click();
    const dialog = page.getByRole("dialog", { name: "Add to a dashboard" });
    await dialog.getByLabel("Dashboard").selectOption({ value: board.id });
    await dialog.getByRole("button", { name: "Add", exact: true }).click();
    await dialog.getByRole("link", { name: "Open the dashboard" }).click();
    await page.getByRole("heading", { level: 1, name: board.name }).waitFor();
    await eventually(async () => (await order(page)).at(-1) === `${host.ids[1]}@${host.hostname}`, "it stands at the end");
    await send(url, "DELETE", `/${board.id}`);
  }));

test("a panel of one column can be read, and keeps its width", () =>
  inBrowser(async ({ url, open }) => {
    const [host] = await twoHosts(url);
    const panels = host.ids.slice(0, 2).map((chart) => ({ host: host.guid, hostname: host.hostname, chart, width: 1 }));
    const board = await send(url, "POST", "", { name: unique("Narrow"), last: 300, panels });
    for (const width of [360, 1100, 1440, 1920]) {
      const page = await open(`/dashboards/${board.id}`, { width, height: 800 });
      await page.waitForSelector(".panel canvas");
      const [first, second] = await page.locator(".panel").evaluateAll((list) => list.map((p) => p.getBoundingClientRect().toJSON()));
      assert.ok(first.width >= 220, `${first.width} px on a screen of ${width}`);
      assert.ok(first.right <= second.left || first.bottom <= second.top, "panels do not lie on each other");
    }
    assert.equal((await (await fetch(`${url}/api/foster/v1/dashboards/${board.id}`)).json()).panels[0].width, 1);
  }));

test("what is not there is said, and nothing is too wide for a phone or hidden from a screen reader", () =>
  inBrowser(async ({ url, open }) => {
    const { hosts } = await someBoard(url, "Gone");
    const { board } = await someBoard(url, "Gone", [
      { host: "33333333-0000-4000-8000-00000000dead", hostname: "gone-host", chart: "system.cpu" },
      { host: hosts[0].guid, hostname: hosts[0].hostname, chart: "no.such" },
      { host: hosts[0].guid, hostname: hosts[0].hostname, chart: hosts[0].ids[0], dimensions: ["no-such-dimension"] },
    ]);
    for (const { width, dark } of [{ width: 360, dark: false }, { width: 1280, dark: true }]) {
      const page = await open(`/dashboards/${board.id}`, { width, height: 800, dark });
      await page.waitForSelector(".panel canvas");
      await page.getByText("There is no host gone-host here").waitFor();
      await page.getByText(`${hosts[0].hostname} has no chart no.such`).waitFor();
      await page.getByText("none of the dimensions that were chosen: no-such-dimension").waitFor();
      const check = async (what) => {
        assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, `${what} fits ${width} px`);
        const found = await faults(page);
        assert.equal(found.length, 0, `${what}, ${width} px\n${found.join("\n")}`);
      };
      await check("the dashboard");
      await page.getByRole("button", { name: "Edit" }).click();
      await page.locator(".board-edit").waitFor();
      await check("the change");
      await page.getByRole("button", { name: /^settings of/ }).first().click();
      await page.getByRole("dialog").waitFor();
      await check("the settings");
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Add charts" }).click();
      await page.getByRole("button", { name: /^add / }).first().waitFor();
      await check("the choice of charts");
      await page.context().close();
      const list = await open("/dashboards", { width, height: 800, dark });
      await list.locator(".boards").waitFor();
      assert.ok((await list.evaluate(() => document.documentElement.scrollWidth)) <= width);
      const found = await faults(list);
      assert.equal(found.length, 0, found.join("\n"));
      await list.context().close();
    }
    for (const d of (await send(url, "GET", "")).dashboards.filter((d) => d.name.startsWith("Gone "))) await send(url, "DELETE", `/${d.id}`);
  }));

test("a dashboard outlives foster, and its page goes on by itself", { skip: fosterBin ? false : "needs a foster of its own" }, async () => {
  const server = await startFoster();
  const children = [startChild(server.port, "board-a", "44444444-0000-4000-8000-00000000000a"), startChild(server.port, "board-b", "44444444-0000-4000-8000-00000000000b")];
  try {
    await inBrowser(
      async ({ url, open }) => {
        await eventually(async () => (await twoHosts(url)).filter((h) => h.ids.length > 0).length === 2, "both hosts are there", 20_000);
        const { board } = await someBoard(url, "Kept");
        const page = await open(`/dashboards/${board.id}`);
        await eventually(async () => (await legend(page)).some((t) => /\d/.test(t)), "the legends have values", 20_000);
        await server.stop();
        await page.getByText("foster does not answer").waitFor({ timeout: 20_000 });
        await server.start();
        await page.getByText("foster does not answer").waitFor({ state: "hidden", timeout: 40_000 });
        const before = (await legend(page)).join();
        await eventually(async () => (await legend(page)).join() !== before, "the values move again", 40_000);
        children[1].stop();
        await page.locator(".panel-state.stale, .panel-state.archived").waitFor({ timeout: 60_000 });
      },
      { server },
    );
  } finally {
    for (const c of children) c.stop();
    await server.remove();
  }
});
