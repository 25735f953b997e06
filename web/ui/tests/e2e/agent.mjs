// A real Netdata agent (Debian's netdata-core and netdata-plugins-bash) that collects this machine and streams to a parent.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { apiKey } from "./child.mjs";

const binary = "/usr/sbin/netdata";

/** Whether there is one. With FOSTER_REQUIRE_AGENT, as in CI, it counts as there, so that a journey without it fails. */
export const hasAgent = existsSync(binary) || Boolean(process.env.FOSTER_REQUIRE_AGENT);

const freePort = () =>
  new Promise((resolve) => {
    const s = createServer().listen(0, "127.0.0.1", () => {
      const { port } = s.address();
      s.close(() => resolve(port));
    });
  });

/** Starts an agent, of which stop() is to be called, and says where it answers. */
export async function startAgent(parentPort, hostname) {
  const dir = await mkdtemp(join(tmpdir(), "netdata-e2e-"));
  for (const d of ["etc", "lib/registry", "lib/lock", "cache", "log", "run"]) await mkdir(join(dir, d), { recursive: true });
  const port = await freePort();
  const conf = {
    global: { hostname, "run as user": userInfo().username, "process scheduling policy": "keep", "OOM score": "keep" },
    db: { mode: "ram", retention: 1200, "update every": 1 },
    web: { "bind to": `127.0.0.1:${port}` },
    logs: { access: "none" },
    health: { enabled: "no" },
    ml: { enabled: "no" },
    statsd: { enabled: "no" },
    directories: {
      config: join(dir, "etc"), log: join(dir, "log"), cache: join(dir, "cache"), lib: join(dir, "lib"), home: join(dir, "lib"),
      lock: join(dir, "lib/lock"), registry: join(dir, "lib/registry"),
    },
    plugins: Object.fromEntries(
      ["enable running new plugins", "apps", "cgroups", "charts.d", "checks", "cups", "diskspace", "ebpf", "fping", "go.d", "ioping", "nfacct", "perf", "python.d", "slabinfo", "tc"].map((p) => [p, "no"]),
    ),
  };
  const ini = (sections) => Object.entries(sections).map(([s, o]) => `[${s}]\n${Object.entries(o).map(([k, v]) => `    ${k} = ${v}\n`).join("")}`).join("");
  await writeFile(join(dir, "etc/netdata.conf"), ini(conf));
  await writeFile(join(dir, "etc/stream.conf"), ini({ stream: { enabled: "yes", destination: `127.0.0.1:${parentPort}`, "api key": apiKey, "reconnect delay seconds": 1 } }));
  await writeFile(join(dir, "etc/.opt-out-from-anonymous-statistics"), "");
  const agent = spawn(binary, ["-D", "-P", join(dir, "run/pid"), "-c", join(dir, "etc/netdata.conf")], {
    cwd: dir, detached: true, stdio: "ignore", env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", TZ: "UTC", LC_ALL: "C", HOME: dir, TMPDIR: dir },
  });
  const gone = new Promise((resolve) => agent.once("exit", resolve));
  const stop = async () => {
    try {
      process.kill(-agent.pid, "SIGKILL"); // with its plugins
    } catch {
      // it has ended
    }
    await gone;
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  return { url: `http://127.0.0.1:${port}`, stop };
}
