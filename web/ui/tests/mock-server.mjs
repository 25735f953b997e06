// A stand-in for foster in tests of the page alone: serves dist/ and invents hosts, charts and values that are the same at
// every question, so that history and live points agree. Not part of the build.
//
//   node tests/mock-server.mjs [port] [--hosts N]   serve until interrupted
import { readFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const dist = process.env.UI_DIST ?? join(dirname(fileURLToPath(import.meta.url)), "..", "dist");
const self = "99999999-0000-4000-8000-000000000000"; // the server itself, as a host
const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

const shapes = [
  // type, family, context, title, units, chart type, dimensions, base value, priority
  ["system", "cpu", "system.cpu", "Processor time by kind", "percentage", "stacked", ["user", "system", "nice", "iowait", "irq", "softirq", "steal", "guest", "guest_nice"], 30, 100],
  ["system", "load", "system.load", "Load average", "load", "line", ["load1", "load5", "load15"], 2, 101, 5],
  ["system", "disk", "system.io", "Disk traffic", "KiB/s", "area", ["in", "-out"], 5000, 150],
  ["system", "ram", "system.ram", "Memory by use", "MiB", "stacked", ["free", "used", "cached", "buffers"], 16000, 200],
  ["system", "network", "system.net", "Network traffic", "kilobits/s", "area", ["received", "-sent"], 90000, 500],
  ["system", "processes", "system.processes", "Processes by state", "processes", "line", ["running", "blocked"], 8, 600],
  ["system", "interrupts", "system.intr", "Interrupts", "interrupts/s", "line", ["interrupts"], 12000, 900],
  ["system", "uptime", "system.uptime", "Time since boot", "seconds", "line", ["uptime"], 260000, 1000],
  ["mem", "overview", "mem.available", "Memory that could be given out", "MiB", "area", ["avail"], 11000, 1010],
  ["mem", "kernel", "mem.kernel", "Memory the kernel uses", "MiB", "stacked", ["slab", "stacks", "tables"], 300, 1100],
  ["mem", "page faults", "mem.pgfaults", "Page faults", "faults/s", "line", ["minor", "major"], 2400, 1050],
];

function chartsOf(count) {
  const charts = [];
  const add = (type, name, family, context, title, units, chartType, dims, base, priority, every = 1) =>
    charts.push({ id: `${type}.${name}`, type, family, context, title, units, chartType, dims, base, priority, every });
  for (const s of shapes) add(s[0], s[2].split(".")[1], ...s.slice(1));
  for (let i = 0; charts.length < count; i++) {
    const cpu = `cpu${i}`;
    add("cpu", cpu, "utilization", "cpu.cpu", `Time of core ${i}`, "percentage", "stacked", ["user", "system", "iowait", "softirq"], 40, 2000 + i);
    const disk = `nvme${i}n1`;
    add("disk", disk, disk, "disk.io", "Traffic", "KiB/s", "area", ["reads", "-writes"], 4000, 3000);
    add("disk_ops", disk, disk, "disk.ops", "Completed operations", "operations/s", "line", ["reads", "-writes"], 300, 3001);
    add("disk_await", disk, disk, "disk.await", "Time an operation takes", "milliseconds", "line", ["reads", "-writes"], 0.8, 3005);
    const net = `eth${i}`;
    add("net", net, net, "net.net", "Traffic", "kilobits/s", "area", ["received", "-sent"], 40000, 7000);
    add("net_packets", net, net, "net.packets", "Packets", "packets/s", "line", ["received", "-sent", "multicast"], 9000, 7001);
    add("net_mtu", net, net, "net.mtu", "Largest packet", "octets", "line", ["mtu"], 1500, 7011);
    add("cgroup_web" + i, "cpu", "cpu", "cgroup.cpu", "Processor time", "percentage", "stacked", ["user", "system"], 60, 40000);
    add("cgroup_web" + i, "mem", "mem", "cgroup.mem_usage", "Memory", "MiB", "area", ["ram", "swap"], 900, 40100);
  }
  return charts.slice(0, count).map((c) => ({
    ...c,
    dims: c.dims.map((d, i) => ({ id: d.replace("-", ""), name: d.replace("-", ""), sign: d.startsWith("-") ? -1 : 1, seed: hash(c.id + d), share: 1 / (1 + i * 1.7) })),
  }));
}

function hash(s) {
  let h = 2166136261;
  for (const ch of s) h = Math.imul(h ^ ch.charCodeAt(0), 16777619) >>> 0;
  return h;
}

function noise(seed, t) {
  let h = Math.imul(seed ^ Math.floor(t), 2654435761) >>> 0;
  h = Math.imul(h ^ (h >>> 15), 2246822519) >>> 0;
  return (h >>> 8) / 2 ** 24;
}

/** The value of a dimension at a time: waves, noise, bursts. The load chart lacks one minute in ten: a gap. */
function valueAt(chart, dim, t) {
  if (chart.context === "system.load" && t % 600 < 60) return null;
  if (chart.context === "system.uptime") return chart.base + (t % 1e7);
  if (chart.context === "net.mtu") return chart.base;
  const period = 60 + (dim.seed % 240);
  const wave = 1 + 0.35 * Math.sin((2 * Math.PI * t) / period) + 0.3 * Math.sin((2 * Math.PI * t) / (period * 11.3));
  const burst = noise(dim.seed, t / 20) > 0.93 ? 1.6 : 1;
  return dim.sign * dim.share * chart.base * 0.5 * Math.max(0, wave * burst + 0.25 * (noise(dim.seed, t) - 0.5));
}

function makeHosts(n) {
  const names = ["db1.example.net", "edge-paris", "archive-2019"];
  return Array.from({ length: n }, (_, i) => {
    const charts = chartsOf(i === 0 ? 500 : i < 3 ? 57 : 12);
    const state = ["live", "replicating", "archived", "live", "live", "stale"][i % 6];
    return {
      guid: `00000000-0000-4000-8000-${String(i).padStart(12, "0")}`,
      hostname: names[i] ?? `node-${String(i).padStart(4, "0")}.fleet.example.net`,
      state,
      charts,
      os: i % 3 === 1 ? "Ubuntu 24.04.1 LTS" : "Debian GNU/Linux 12",
      agent: i % 2 ? "netdata v2.11.0" : "netdata v1.37.1",
      quietSince: state === "archived" ? 86400 * 3 : state === "stale" ? 340 : 0,
    };
  });
}

/** Starts the server; `hosts` is the size of the fleet, `alerts` how many more alerts are raised than usual, `token` what changes need. Returns its address and ways to end it. */
export async function start({ port = 0, hosts: count = 3, alerts: moreAlerts = 0, token: wantedToken = "", log = false } = {}) {
  const now = () => Date.now() / 1000;
  const born = now();
  let hosts = makeHosts(count);
  const streams = new Set();
  const boards = new Map();
  const counters = { data: 0, live: 0, fleet: 0 };

  const lastOf = (h) => (h.quietSince ? Math.floor(born - h.quietSince) : Math.floor(now()));
  const face = (h) => ({
    guid: h.guid,
    hostname: h.hostname,
    state: h.state,
    replication_percent: h.state === "replicating" ? Math.min(99, 42 + (now() - born) / 3) : 100,
    os: h.os,
    kernel: "Linux 6.1.0-26-amd64",
    agent: h.agent,
    charts: h.charts.length,
    metrics: h.charts.reduce((n, c) => n + c.dims.length, 0),
    samples_per_second: h.quietSince ? 0 : h.charts.reduce((n, c) => n + c.dims.length / c.every, 0) + noise(7, now()) * 3,
    first_seen: born - 86400 * 20,
    last_seen: lastOf(h),
    hops: 1,
    connection: h.quietSince ? null : { since: born - 4000, address: "192.0.2.17:51544", compression: "lz4", capabilities: ["VCAPS", "REPLICATION", "INTERPOLATED"] },
    labels: { region: h.hostname.length % 2 ? "eu-west" : "us-east", role: "storage" },
    ambiguous: false,
  });
  // What the charts say of a host as a whole.
  const figuresAt = (h, t) => {
    const sum = (context, of = () => true) => {
      const chart = h.charts.find((c) => c.context === context);
      return chart ? chart.dims.filter(of).reduce((n, d) => n + Math.abs(valueAt(chart, d, t) ?? 0), 0) : null;
    };
    return { cpu: sum("system.cpu"), memory: (100 * sum("system.ram", (d) => d.id === "used")) / sum("system.ram"), disk: sum("system.io") * 1024, network: sum("system.net") * 1000 };
  };
  const fleet = (q) => {
    const t = Math.floor(now());
    const first = Math.floor((t - 300) / 5) * 5;
    const wanted = (q.get("series") ?? "").split(",").filter(Boolean);
    return {
      now: now(),
      hosts: hosts.map((h, i) => {
        const f = h.quietSince ? {} : figuresAt(h, t);
        const [critical, warning] = i % 7 === 4 ? [1, 2] : i % 5 === 0 ? [0, 1] : [0, 0];
        const worst = critical + warning === 0 ? null : { name: critical ? "disk_space_usage" : "10min_cpu_usage", chart: "system.cpu", status: critical ? "CRITICAL" : "WARNING", value: "96.1%", since: t - 120 };
        return {
          guid: h.guid,
          state: h.state,
          replication_percent: face(h).replication_percent,
          last_seen: lastOf(h),
          samples_per_second: face(h).samples_per_second,
          uptime_seconds: h.quietSince ? null : 260000 + (t % 1e7),
          cpu_percent: f.cpu ?? null,
          memory_percent: f.memory ?? null,
          memory_bytes: h.quietSince ? null : 16 * 2 ** 30,
          disk_bytes_per_second: f.disk ?? null,
          network_bits_per_second: f.network ?? null,
          disk_space: { of: "/", percent: 20 + ((i * 37) % 79) },
          alerts: { critical, warning, worst },
        };
      }),
      ...(wanted.length > 0 && {
        step: 5,
        series: Object.fromEntries(
          hosts
            .filter((h) => wanted.includes(h.guid))
            .map((h) => {
              const rows = Array.from({ length: 60 }, (_, i) => figuresAt(h, first + 5 * i));
              return [h.guid, { first, ...Object.fromEntries(["cpu", "memory", "disk", "network"].map((k) => [k, rows.map((r) => r[k])])) }];
            }),
        ),
      }),
    };
  };

  // Two alerts of each host, and as many more as the test wants, all of them raised.
  const instance = (h, name, chart, status, value, more) => ({
    ...{ machine_guid: h.guid, hostname: h.hostname, name, chart, chart_name: chart, context: chart, family: chart.split(".")[1], status, value, value_string: `${value}%`, units: "%" },
    ...{ summary: `${name} of ${h.hostname}`, since: Math.floor(born - 700), updated: Math.floor(now()), role: "sysadmin", type: "System", component: "CPU", class: "Utilization", silenced: false, disabled: false, ...more },
  });
  const silences = [];
  const windows = [];
  const everyAlert = () =>
    hosts
      .flatMap((h, i) => [
        instance(h, "10min_cpu_usage", "system.cpu", i % 5 === 0 ? "WARNING" : "CLEAR", 91.4),
        instance(h, "ram_in_use", "system.ram", i % 7 === 4 ? "CRITICAL" : "CLEAR", 98.2, { since: Math.floor(born - 90), role: "dba", component: "Memory" }),
      ])
      .concat(Array.from({ length: moreAlerts }, (_, i) => instance(hosts[i % hosts.length], `raised_${String(i).padStart(4, "0")}`, "system.load", i % 4 ? "WARNING" : "CRITICAL", i / 10)))
      .map((a) => ({ ...a, silenced: silences.some((s) => s.selector.alarm === a.name && (s.selector.hosts ?? "").split(" ").includes(a.machine_guid)) }));
  const order = ["CRITICAL", "WARNING", "CLEAR"];
  const instances = (q, host) => {
    const all = everyAlert().filter((a) => !host || a.machine_guid === host.guid);
    const wanted = (q.get("status") ?? "raised").toUpperCase().replace("RAISED", "CRITICAL,WARNING").split(",");
    const found = all.filter((a) => wanted.includes("ALL") || wanted.includes(a.status)).sort((a, b) => order.indexOf(a.status) - order.indexOf(b.status) || b.since - a.since);
    const count = (s) => all.filter((a) => a.status === s).length;
    return { now: now(), sequence: 1, total: { critical: count("CRITICAL"), warning: count("WARNING"), clear: count("CLEAR"), undefined: 0, uninitialized: 0 }, matched: found.length, alerts: found.slice(0, Number(q.get("limit") ?? 1000)) };
  };
  const changesOf = (name) => [
    { gi: Math.floor((born - 700) * 1e6), when: Math.floor(born - 700), status: "WARNING", old_status: "CLEAR", value: 91.4, value_string: "91.4%", units: "%", duration: 3000, summary: name, info: "An invented alert", context: "system.cpu", role: "sysadmin", source: "7@/etc/foster/health.d/cpu.conf", expression: "$this > 85", variables: "[ ${this} = 91.4 ]", delay: 0, delay_up_to: Math.floor(born - 700), silenced: false, notified: true },
    { gi: Math.floor((born - 3700) * 1e6), when: Math.floor(born - 3700), status: "CLEAR", old_status: "WARNING", value: 40, value_string: "40%", units: "%", duration: 600, summary: name, info: "", context: "system.cpu", role: "sysadmin", source: "", expression: null, variables: null, delay: 0, delay_up_to: 0, silenced: true, notified: false },
  ];
  const oneAlert = (h, q) => {
    const found = everyAlert().find((a) => a.machine_guid === h.guid && a.name === q.get("alert") && a.chart === q.get("chart"));
    if (!found) return null;
    return {
      now: now(),
      alert: { ...found, info: "An invented alert", next_update: Math.floor(now()) + 5, lookup_from: Math.floor(now()) - 600, lookup_to: Math.floor(now()), delay_up_to: 0, repeat_warning: 0, repeat_critical: 3600, last_notified: "WARNING", variables: [{ name: "this", value: found.value }] },
      definition: { kind: "template", on: "system.cpu", lookup: "average -600s unaligned of user,system", calc: null, warn: "$this > (($status >= $WARNING) ? (75) : (85))", crit: "$this > 95", every: 60, delay: "down 900s multiplier 1.5 max 3600s", repeat: null, exec: null, no_clear_notification: false, file: "/etc/foster/health.d/cpu.conf", line: 7 },
      transitions: changesOf(found.name),
    };
  };
  const deliveries = (h) => ({
    deliveries: ["chat", "mail"].map((service, i) => ({ id: 9 - i, at: born - 690, outcome: i ? "failed" : "sent", reason: i ? "550 mailbox unavailable" : null, service, address: i ? "ops@example.com" : "#ops", role: "sysadmin", attempt: 1, alerts_in_message: 3, transition_gi: changesOf("x")[0].gi, host: h.hostname, alert: "10min_cpu_usage", chart: "system.cpu", status: "WARNING" })),
  });
  const transitions = (q) => ({
    transitions: hosts.slice(0, 20).flatMap((h, i) => {
      if (q.get("nodes") && q.get("nodes") !== h.guid && q.get("nodes") !== h.hostname) return [];
      const when = Math.floor(born - 60 * i - 5);
      return {
        ...{ gi: Math.floor(when * 1e6), transition_id: `t${i}`, when, machine_guid: h.guid, hostname: h.hostname, alert: "10min_cpu_usage", instance: "system.cpu", context: "system.cpu", summary: "CPU", units: "%" },
        ...{ old: { status: i % 2 ? "WARNING" : "CLEAR", value: 50, duration: 340 }, new: { status: i % 2 ? "CLEAR" : "WARNING", value: 91 }, notification: { to: "sysadmin", flags: [] } },
      };
    }),
    facets: [
      { id: "f_node", options: hosts.slice(0, 20).map((h) => ({ id: h.guid, name: h.hostname, count: 1 })) },
      { id: "f_role", options: [{ id: "sysadmin", name: "sysadmin", count: Math.min(20, hosts.length) }] },
    ],
    items: { matched: Math.min(20, hosts.length) },
  });
  // Adds to, lists and removes from one of the two lists; the token is wanted when the test says so.
  async function manage(list, key, req, res, id, make) {
    if (req.method !== "GET" && wantedToken && req.headers["x-auth-token"] !== wantedToken) return json(res, { status: 403, errorMessage: "The management token is wrong.", field: "token" }, 403);
    if (req.method === "GET") return json(res, { now: now(), [key]: list, management: { all: false, type: "None", silencers: [] } });
    if (req.method === "DELETE") {
      const at = list.findIndex((x) => x.id === id);
      if (at < 0) return json(res, { status: 404, errorMessage: "There is none with that id." }, 404);
      list.splice(at, 1);
      return json(res, { removed: id });
    }
    let body = "";
    for await (const part of req) body += part;
    const made = { id: `id${Math.random()}`, created: now(), ...make(JSON.parse(body)) };
    list.unshift(made);
    return json(res, made, 201);
  }
  const streaming = () => ({
    now: now(),
    connections: hosts.map((h, i) => ({
      guid: h.guid,
      hostname: h.hostname,
      state: h.state,
      last_seen: lastOf(h),
      agent: h.agent.replace("netdata ", ""),
      hops: 1,
      api_key: "11111111…5555",
      connection: h.quietSince
        ? null
        : {
            ...face(h).connection,
            ...{ bytes_in: 3000 * (now() - born), bytes_plain: 9000 * (now() - born), samples: 5e6, replayed: 1e5, dropped: 0 },
            ...{ samples_per_second: face(h).samples_per_second, replication_percent: face(h).replication_percent, replicating_charts: h.state === "replicating" ? 7 : 0, lag_seconds: 1.2 },
          },
      ended: i % 2 ? { since: born - 9000, until: born - 4100, address: "192.0.2.17:51500", reason: "read: connection reset by peer" } : null,
    })),
    rejections: [{ first: born - 600, last: born - 5, count: 41, address: "[192.0.2.9]:50112", hostname: "new-db", guid: "33333333-0000-4000-8000-000000000000", agent: "netdata v2.5.0", api_key: "99999999…5555", status: "API KEY DISABLED PERMISSION DENIED", reason: "API key '99999999…5555' is not allowed. Forbidding access." }],
    keys: [{ api_key: "11111111…5555", hosts: hosts.length, allow_from: "10.* localhost", memory_mode: "dbengine", replication: true, replication_period_seconds: 86400, compression: ["lz4", "zstd"], health: "auto", ephemeral: false }],
    self: { version: "mock", started: born, cpu_seconds: (now() - born) / 20, memory_bytes: 2 ** 26, goroutines: 40, accepted: hosts.length, rejected: 41 },
  });
  const definition = (c, h) => ({
    id: c.id,
    name: c.id,
    type: c.type,
    family: c.family,
    context: c.context,
    title: `${c.title} (${c.id})`,
    priority: c.priority,
    units: c.units,
    chart_type: c.chartType,
    update_every: c.every,
    first_entry: Math.floor(born - 86400),
    last_entry: lastOf(h),
    dimensions: Object.fromEntries(c.dims.map((d) => [d.id, { name: d.name }])),
    chart_labels: {},
  });

  const alarm = (name, chart, status, units, value, more) => ({ name, chart, status, units, value_string: value, info: "An invented alert", last_status_change: Math.floor(born - 600), warn: "", crit: "", green: null, red: null, silenced: false, ...more });
  const alarms = () => ({
    "system.load.load_high": alarm("load_high", "system.load", "WARNING", "load", "2.4 load", { warn: "$this > (($status >= $WARNING) ? (1.5) : (2))", crit: "$this > 12" }),
    "system.ram.ram_in_use": alarm("ram_in_use", "system.ram", "CLEAR", "%", "61%", { warn: "$this > 80" }),
  });

  function rows(h, id, q) {
    const chart = h.charts.find((c) => c.id === id);
    if (!chart) return { chart: id, error: "unknown chart" };
    const [after, before] = [Number(q.get("after")), Number(q.get("before") ?? now())];
    const step = Math.max(1, Math.ceil((before - after) / Number(q.get("points")) / chart.every)) * chart.every;
    const last = lastOf(h);
    const times = [];
    const end = Math.min(Math.ceil(before / step), Math.floor((now() - 1) / step)) * step;
    for (let t = Math.floor(after / step) * step; t <= end; t += step) times.push(t);
    const column = (d, factor) => times.map((t) => (t > last || t < born - 86400 * 10 ? null : valueAt(chart, d, t) === null ? null : valueAt(chart, d, t) * factor));
    const out = { chart: id, update_every: chart.every, step, rows: times.length, first: times[0], dimensions: chart.dims.map((d) => d.id), names: chart.dims.map((d) => d.name), values: chart.dims.map((d) => column(d, 1)) };
    if (step > chart.every) Object.assign(out, { min: chart.dims.map((d) => column(d, d.sign > 0 ? 0.7 : 1.3)), max: chart.dims.map((d) => column(d, d.sign > 0 ? 1.3 : 0.7)) });
    if (chart.context === "system.cpu") out.anomaly_rates = times.map((t) => (t % 120 < 15 ? 60 : 0));
    return out;
  }

  function live(h, q, req, res) {
    counters.live++;
    res.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    const send = (event, body) => res.write(`event: ${event}\ndata: ${JSON.stringify(body)}\n\n`);
    const charts = q.getAll("chart").map((id) => h.charts.find((c) => c.id === id)).filter(Boolean);
    let from = Number(q.get("after"));
    const points = () => {
      const last = lastOf(h);
      if (last <= from || charts.length === 0) return;
      const out = {};
      for (const c of charts) {
        const rows = [];
        for (let t = Math.floor(from / c.every + 1) * c.every; t <= last; t += c.every) {
          const values = c.dims.map((d) => valueAt(c, d, t));
          if (values.some((v) => v !== null)) rows.push([t, ...values]);
        }
        if (rows.length) out[c.id] = { dimensions: c.dims.map((d) => d.id), points: rows };
      }
      from = last;
      send("points", { now: now(), charts: out });
    };
    send("host", face(h));
    points();
    let n = 0;
    const timer = setInterval(() => {
      points();
      if (++n % 3 === 0) send("host", face(h));
    }, 1000);
    streams.add(res);
    req.on("close", () => {
      clearInterval(timer);
      streams.delete(res);
    });
  }

  const findHost = (name) => hosts.find((h) => h.hostname === name || h.guid === name);
  /** The charts that a question names; a host holds for those after it. */
  function named(q) {
    const out = [];
    let name = "";
    for (const [key, value] of q) {
      if (key === "host") name = value;
      if (key === "chart") out.push({ name, host: findHost(name), chart: value });
    }
    return out;
  }
  const manyRows = (q) => named(q).map((n) => ({ host: n.name, ...(n.host ? rows(n.host, n.chart, q) : { chart: n.chart, error: "unknown host" }) }));
  function chartFacts(q) {
    const list = named(q);
    return {
      now: now(),
      hosts: [...new Set(list.flatMap((n) => n.host ?? []))].map(face),
      charts: list.map((n) => {
        const chart = n.host?.charts.find((c) => c.id === n.chart);
        return { host: n.name, chart: n.chart, guid: n.host?.guid, ...(chart ? { definition: definition(chart, n.host) } : { error: "unknown" }) };
      }),
    };
  }

  /** Dashboards as foster keeps them, but in memory and without its checks. */
  function dashboards(req, res, id, part, body) {
    const fail = (status, errorMessage) => json(res, { status, errorMessage }, status);
    const filled = (b) => ({ name: b.name, description: b.description ?? "", last: b.last ?? 900, panels: (b.panels ?? []).map((p, i) => ({ id: `p${i + 1}`, hostname: "", title: "", dimensions: [], width: 6, height: 3, ...p })) });
    const at = Math.floor(now());
    if (id === undefined && req.method === "POST") {
      if (!body.name) return fail(400, "Wrong name: missing");
      const made = { id: randomUUID(), version: 1, ...filled(body), created: at, changed: at };
      boards.set(made.id, made);
      return json(res, made, 201);
    }
    if (id === undefined) {
      const entry = ({ panels, ...d }) => ({ ...d, panels: panels.length, hosts: new Set(panels.map((p) => p.host)).size });
      return json(res, { now: now(), refused: null, dashboards: [...boards.values()].map(entry).sort((a, b) => a.name.localeCompare(b.name)) });
    }
    const d = boards.get(id);
    if (!d) return fail(404, "There is no dashboard with that id.");
    if (part === "/export") {
      res.setHeader("Content-Disposition", 'attachment; filename="mock.dashboard.json"');
      return json(res, { format: "foster-dashboard/1", ...filled(d) });
    }
    if (req.method === "DELETE") {
      boards.delete(id);
      return json(res, { removed: id });
    }
    if (req.method !== "PUT") return json(res, d);
    if (body.version !== d.version) return fail(409, `The dashboard has version ${d.version} and not ${body.version}: somebody changed it meanwhile.`);
    boards.set(id, { ...d, ...filled(body), version: d.version + 1, changed: at });
    return json(res, boards.get(id));
  }

  /** What the server says of itself: it has no charts. */
  function ofParent(res, api) {
    if (api === "/api/v1/info") return json(res, { version: "mock", uid: self, mirrored_hosts_status: [{ guid: self, hostname: "parent", hops: 0 }, ...hosts.map((h) => ({ guid: h.guid, hostname: h.hostname, hops: 1 }))] });
    if (api === "/api/v1/charts") return json(res, { hostname: "parent", charts: {} });
    if (api === "/api/v1/alarms") return json(res, { hostname: "parent", alarms: {} });
    return text(res, 404, "The parent itself has no live values.");
  }

  const json = (res, body, status = 200) => {
    res.writeHead(status, { "Content-Type": "application/json" });
    res.end(JSON.stringify(body));
  };
  const text = (res, status, body) => {
    res.writeHead(status, { "Content-Type": "text/plain" });
    res.end(body);
  };

  async function file(res, path) {
    const name = path.startsWith("/assets/") ? normalize(path) : "/index.html";
    try {
      const body = await readFile(join(dist, name));
      res.writeHead(200, {
        "Content-Type": types[extname(name)] ?? "application/octet-stream",
        "Content-Security-Policy": "default-src 'self'; style-src 'self'; script-src 'self'",
      });
      res.end(body);
    } catch {
      text(res, 404, "File does not exist, or is not accessible");
    }
  }

  const server = createServer((req, res) => {
    const url = new URL(req.url, "http://mock");
    if (log) console.log(req.method, req.url);
    if (url.pathname === "/api/foster/v1/hosts") return json(res, { version: "mock", now: now(), api_keys: 1, hosts: hosts.map(face) });
    if (url.pathname === "/api/foster/v1/fleet") {
      counters.fleet++;
      return json(res, fleet(url.searchParams));
    }
    if (url.pathname === "/api/foster/v1/streaming") return json(res, streaming());
    if (url.pathname === "/api/foster/v1/storage") return json(res, { bytes: 2 ** 28, full: false, disk: { size_bytes: 2 ** 38, free_bytes: 2 ** 36 }, tiers: [{ tier: 0, step_seconds: 1, series: 572, block_bytes: 2 ** 27, head_bytes: 2 ** 20, points: 1e8, bytes_per_point: 1.3, first: born - 86400, covered_seconds: 86400, max_bytes: 2 ** 30, max_seconds: 1209600, expected_seconds: 767767 }] });
    if (/^\/api\/foster\/v1\/hosts\/[^/]+\/connections$/.test(url.pathname)) return json(res, { connections: [{ since: born - 4000, until: null }, { since: born - 9000, until: born - 4100, reason: "read: connection reset by peer", samples: 12345 }] });
    if (url.pathname === "/api/foster/v1/alert_instances") return json(res, instances(url.searchParams));
    if (url.pathname === "/api/v2/alert_transitions") return json(res, transitions(url.searchParams));
    const [, managedList, id] = /^(?:\/host\/[^/]+)?\/api\/foster\/v1\/(silences|maintenance)(?:\/([^/]+))?$/.exec(url.pathname) ?? [];
    if (managedList === "silences") return void manage(silences, "silences", req, res, id, (b) => ({ ...b, expires: b.expires ?? now() + b.duration }));
    if (managedList === "maintenance") {
      return void manage(windows, "maintenance", req, res, id, (b) => {
        const start = b.start ?? now();
        const end = b.end ?? start + b.duration;
        return { weekly: false, until: null, ...b, start, end, active: start <= now(), next_start: start, next_end: end };
      });
    }
    if (url.pathname === "/api/foster/v1/charts") return json(res, chartFacts(url.searchParams));
    if (url.pathname === "/api/foster/v1/data") {
      counters.data++;
      return json(res, { now: now(), charts: manyRows(url.searchParams) });
    }
    const [board, boardID, part] = /^\/api\/foster\/v1\/dashboards(?:\/([^/]+)(\/export)?)?$/.exec(url.pathname) ?? [];
    if (board) {
      let body = "";
      req.on("data", (d) => (body += d));
      req.on("end", () => dashboards(req, res, boardID, part, body === "" ? {} : JSON.parse(body)));
      return;
    }
    if (url.pathname === "/api/foster/v1/first_child") return json(res, { api_keys: 1, api_key: "11111111-2222-3333-4444-555555555555", destination: "192.0.2.1:19999" });
    const [, name, api] = /^\/host\/([^/]+)(\/api\/.*)$/.exec(url.pathname) ?? [];
    if (!api) return void file(res, url.pathname);
    if (decodeURIComponent(name) === "parent" || name === self) return ofParent(res, api);
    const host = hosts.find((h) => h.hostname === decodeURIComponent(name) || h.guid === decodeURIComponent(name));
    if (!host) return text(res, 404, "unknown host");
    switch (api) {
      case "/api/v1/info":
        return json(res, { version: "v1.37.1", os_name: "Debian GNU/Linux", os_version: "12", kernel_name: "Linux", kernel_version: "6.1.0-26-amd64", architecture: "x86_64", virtualization: "kvm", cores_total: "8", ram_total: "16687091712", host_labels: { _os: "linux" } });
      case "/api/v1/charts":
        return json(res, { hostname: host.hostname, charts: Object.fromEntries(host.charts.map((c) => [c.id, definition(c, host)])) });
      case "/api/foster/v1/data":
        counters.data++;
        return json(res, { now: now(), charts: url.searchParams.getAll("chart").map((id) => rows(host, id, url.searchParams)) });
      case "/api/foster/v1/alert_instances":
        return json(res, instances(url.searchParams, host));
      case "/api/foster/v1/alert": {
        const found = oneAlert(host, url.searchParams);
        return found ? json(res, found) : text(res, 404, "There is no such alert, and there was none.");
      }
      case "/api/foster/v1/deliveries":
        return json(res, deliveries(host));
      case "/api/v1/alarms":
        return json(res, { status: true, now: Math.floor(now()), alarms: host.quietSince ? {} : alarms() });
      case "/api/foster/v1/live":
        return live(host, url.searchParams, req, res);
      default:
        return text(res, 404, "Unsupported API command");
    }
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    port: server.address().port,
    counters,
    setHosts: (n) => (hosts = makeHosts(n)),
    stop: () =>
      new Promise((resolve) => {
        for (const res of streams) res.destroy();
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const at = process.argv.indexOf("--hosts");
  const mock = await start({ port: Number(process.argv[2]) || 19998, hosts: at > 0 ? Number(process.argv[at + 1]) : 3, log: process.argv.includes("--log") });
  console.log(mock.url);
}
