// A child for journeys that need one to come and go: it streams two charts to a parent as an old agent does (plain text,
// version 3 of the protocol, one point a second) until it is stopped, and reconnects when the parent was away.
import { connect } from "node:net";

export const apiKey = "6a1c2f04-5f0e-4a52-9d0e-2b7f7c0d6a11";

const definitions = [
  'CHART "system.cpu" "" "Total CPU utilization" "percentage" "cpu" "system.cpu" "stacked" 100 1 "" "proc.plugin" "/proc/stat"',
  'DIMENSION "user" "user" absolute 1 1 ""',
  'DIMENSION "system" "system" absolute 1 1 ""',
  'CHART "system.load" "" "System Load Average" "load" "load" "system.load" "line" 200 1 "" "proc.plugin" "/proc/loadavg"',
  'DIMENSION "load1" "load1" absolute 1 100 ""',
  'CHART "disk.sda" "" "Disk I/O Bandwidth" "KiB/s" "sda" "disk.io" "area" 2000 1 "" "proc.plugin" "/proc/diskstats"',
  'DIMENSION "reads" "reads" absolute 1 1 ""',
  'DIMENSION "writes" "writes" absolute -1 1 ""',
];

/** Streams until stop() is called. Its load is a wave, or what `load` of the answer is set to. */
export function startChild(port, hostname, guid) {
  let socket = null;
  let timer;
  let stopped = false;
  const run = () => {
    let greeted = false;
    let n = 0;
    const s = (socket = connect(port, "127.0.0.1"));
    const query = new URLSearchParams({ key: apiKey, hostname, registry_hostname: hostname, machine_guid: guid, update_every: "1", os: "linux", timezone: "UTC", ver: "3" });
    s.on("connect", () => s.write(`STREAM ${query} HTTP/1.1\r\nUser-Agent: netdata/v1.29.0\r\nAccept: */*\r\n\r\n`));
    s.on("data", () => {
      if (greeted) return;
      greeted = true;
      s.write(definitions.join("\n") + "\n");
      timer = setInterval(() => {
        n++;
        const wave = (p) => Math.round(30 + 25 * Math.sin(n / p));
        const chart = (id, values) => `BEGIN "${id}" ${n === 1 ? 0 : 1000000}\n${Object.entries(values).map(([d, v]) => `SET "${d}" = ${v}\n`).join("")}END\n`;
        s.write(chart("system.cpu", { user: wave(3), system: wave(5) }) + chart("system.load", { load1: 100 * (child.load ?? wave(9)) }) + chart("disk.sda", { reads: 20 * wave(4), writes: 30 * wave(7) }));
      }, 1000);
    });
    s.on("error", () => undefined); // its close follows
    s.on("close", () => {
      clearInterval(timer);
      if (!stopped) timer = setTimeout(run, 500);
    });
  };
  const child = {
    load: null,
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      clearInterval(timer);
      socket?.destroy();
    },
  };
  run();
  return child;
}
