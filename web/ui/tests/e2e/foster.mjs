// A foster of a journey's own, which it can stop and start again: the binary is FOSTER_BIN.
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { apiKey } from "./child.mjs";

export const fosterBin = process.env.FOSTER_BIN;

const freePort = () =>
  new Promise((resolve) => {
    const s = createServer().listen(0, "127.0.0.1", () => {
      const { port } = s.address();
      s.close(() => resolve(port));
    });
  });

/** Starts a parent with an empty store; `files` are more of its configuration, by path, `stream` more of what holds for its children. */
export async function startFoster({ files = {}, stream = "" } = {}) {
  const directory = await mkdtemp(join(tmpdir(), "foster-e2e-"));
  const config = join(directory, "config");
  await mkdir(config);
  await writeFile(join(config, "stream.conf"), `[${apiKey}]\n    enabled = yes\n${stream}`);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(config, path)), { recursive: true });
    await writeFile(join(config, path), text);
  }
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let running = null;
  let log = "";
  const start = async () => {
    running = spawn(fosterBin, ["run", "--config", config, "--data", join(directory, "data"), "--listen", `127.0.0.1:${port}`]);
    for (const out of [running.stdout, running.stderr]) out.on("data", (d) => (log += d));
    for (let i = 0; i < 300; i++) {
      if (await fetch(`${url}/readyz`).then((r) => r.ok, () => false)) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`foster does not start:\n${log}`);
  };
  const stop = async () => {
    if (!running) return;
    const gone = new Promise((resolve) => running.once("exit", resolve));
    running.kill("SIGTERM");
    await gone;
    running = null;
  };
  await start();
  return { url, port, start, stop, remove: async () => (await stop(), await rm(directory, { recursive: true, force: true })) };
}
