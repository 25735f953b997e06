import type { Alarm } from "../api/alarms";
import type { Chart } from "../api/types";

/** The contexts that tell how a machine is; of each the first chart by priority. */
const main: readonly (readonly string[])[] = [
  ["system.cpu", "win.cpu"],
  ["system.load"],
  ["system.ram", "mem.available"],
  ["mem.swap", "system.swap"],
  ["system.io", "disk.io"],
  ["system.net", "system.ip", "net.net"],
  ["disk.space"],
  ["system.processes", "system.active_processes"],
];

const mostAlerted = 6;
const fallback = 4; // charts of a host that has none of these

const byPriority = (a: Chart, b: Chart) => a.priority - b.priority || a.id.localeCompare(b.id);

/** The main charts of a host in a fixed order; of one that has none of them, the first few. */
export function mainCharts(charts: readonly Chart[]): Chart[] {
  const sorted = charts.toSorted(byPriority);
  const found = main.flatMap((contexts) => {
    for (const context of contexts) {
      const of = sorted.filter((c) => c.context === context);
      // The root file system matters most of those a machine has.
      const chart = of.find((c) => c.id === "disk_space./" || c.id === "disk_space._") ?? of[0];
      if (chart) return [chart];
    }
    return [];
  });
  return found.length > 0 ? found : sorted.slice(0, fallback);
}

/** The charts with a raised alert, the worst first. */
export function alertedCharts(charts: readonly Chart[], alarms: ReadonlyMap<string, readonly Alarm[]>): Chart[] {
  const rank = (c: Chart) => {
    const status = alarms.get(c.id)?.[0]?.status;
    return status === "CRITICAL" ? 0 : status === "WARNING" ? 1 : 2;
  };
  return charts
    .filter((c) => rank(c) < 2)
    .sort((a, b) => rank(a) - rank(b) || byPriority(a, b))
    .slice(0, mostAlerted);
}
