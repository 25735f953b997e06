// A real agent streams in and is seen: on the fleet, and live on its own page, with the numbers that it shows itself.
import assert from "node:assert/strict";
import { test } from "node:test";
import { hasAgent, startAgent } from "./agent.mjs";
import { eventually, inBrowser } from "./browser.mjs";
import { fosterBin, startFoster } from "./foster.mjs";

const skip = fosterBin && hasAgent ? false : "needs FOSTER_BIN and netdata-core";
const patience = 60_000; // ms: an agent takes its time

test("a real agent is on the fleet, and its charts move", { skip }, async () => {
  const foster = await startFoster();
  const agent = await startAgent(foster.port, "real-agent");
  try {
    await inBrowser(
      async ({ url, open }) => {
        const page = await open("/");
        await page.getByRole("link", { name: "real-agent" }).first().click({ timeout: patience });
        const cpu = page.locator('.chart[data-chart="system.cpu"]').first();
        const legend = () => cpu.locator("output").allInnerTexts().then((t) => t.join());
        await eventually(async () => /\d/.test(await legend()), "the legend has values", patience);
        const before = await legend();
        await eventually(async () => (await legend()) !== before, "the values move", patience);
        assert.ok((await page.locator(".sections a").count()) > 5, "the sections of a real agent");

        // The same 15 seconds of a chart that is collected every 5, asked of both when they are over.
        const from = Math.ceil(Date.now() / 5000) * 5;
        const ask = (base) => fetch(`${base}/api/v1/data?chart=system.load&after=${from}&before=${from + 15}&format=json&options=seconds`);
        await eventually(async () => {
          if (Date.now() / 1000 < from + 22) return false;
          const answer = await ask(`${url}/host/real-agent`);
          return answer.ok && (await answer.json()).data.length === 3;
        }, "the parent has the rows", patience);
        const [ours, theirs] = [await (await ask(`${url}/host/real-agent`)).json(), await (await ask(agent.url)).json()];
        // The agent prints seven digits. A value has more when it was collected late, and is between two.
        ours.data.forEach((row, i) =>
          row.forEach((v, k) => {
            const w = theirs.data[i]?.[k];
            if (k > 0 && Math.abs(v - w) <= 1e-6 * Math.max(1, Math.abs(w))) row[k] = w;
          }),
        );
        assert.deepEqual(ours, theirs);
      },
      { server: foster },
    );
  } finally {
    await agent.stop();
    await foster.remove();
  }
});
