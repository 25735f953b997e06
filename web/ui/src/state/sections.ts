import type { Chart } from "../api/types";

export interface Family {
  /** Unique on the page; also the fragment of its address. */
  id: string;
  name: string;
  priority: number;
  charts: Chart[];
}

export interface Section {
  id: string;
  /** The chart type. */
  name: string;
  label: string;
  /** Its charts stand in their own sections too. */
  second?: boolean;
  priority: number;
  families: Family[];
  count: number;
}

const natural = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/**
 * Groups charts by type, then family. Charts stand in the order of their priority (lowest first, then by id); a group stands
 * where its first chart would.
 */
export function groupCharts(charts: readonly Chart[]): Section[] {
  const types = new Set(charts.map((c) => c.type));
  const sections = new Map<string, Map<string, Chart[]>>();
  for (const chart of charts) {
    const type = sectionOf(chart, types);
    let families = sections.get(type);
    if (!families) sections.set(type, (families = new Map()));
    const members = families.get(chart.family);
    if (members) members.push(chart);
    else families.set(chart.family, [chart]);
  }
  const out: Section[] = [];
  for (const [name, members] of sections) {
    const families: Family[] = [];
    for (const [family, list] of members) {
      list.sort((a, b) => a.priority - b.priority || natural.compare(a.id, b.id));
      families.push({ id: `${fragment(name)}.${fragment(family)}`, name: family, priority: list[0]!.priority, charts: list });
    }
    families.sort(byPriority);
    const count = families.reduce((n, f) => n + f.charts.length, 0);
    out.push({ id: fragment(name), name, label: sectionLabel(name), priority: families[0]!.priority, families, count });
  }
  return out.sort(byPriority);
}

function byPriority(a: { priority: number; name: string }, b: { priority: number; name: string }): number {
  return a.priority - b.priority || natural.compare(a.name, b.name);
}

/**
 * The collectors spread what belongs together over several types: net.eth0, net_packets.eth0, net_errors.eth0. Their contexts
 * agree (net.net, net.packets, net.errors), so a type that continues its context's first word joins the type of that name.
 */
function sectionOf(chart: Chart, types: ReadonlySet<string>): string {
  const root = chart.context.split(".", 1)[0]!;
  return chart.type.startsWith(`${root}_`) && types.has(root) ? root : chart.type;
}

function fragment(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]+/g, "-") || "-";
}

const labels: Record<string, string> = {
  system: "System",
  cpu: "CPU cores",
  cpufreq: "CPU frequency",
  mem: "Memory",
  disk: "Disks",
  net: "Network interfaces",
  ip: "IP",
  ipv4: "IPv4",
  ipv6: "IPv6",
  ipvs: "IPVS",
  netfilter: "Firewall",
  nfs: "NFS client",
  nfsd: "NFS server",
  zfs: "ZFS",
  zfspool: "ZFS pools",
  btrfs: "Btrfs",
  md: "RAID",
  mdstat: "RAID",
  apps: "Applications",
  app: "Applications",
  users: "Users",
  user: "Users",
  groups: "User groups",
  usergroup: "User groups",
  services: "systemd services",
  systemd: "systemd units",
  netdata: "Netdata agent",
  power_supply: "Power supply",
  smartd_log: "SMART",
};

function sectionLabel(type: string): string {
  const known = labels[type];
  if (known) return known;
  const words = type.replace(/[_-]+/g, " ").trim();
  return words === "" ? type : words[0]!.toUpperCase() + words.slice(1);
}

const ownBlock = 3; // charts from which a family gets rows of its own

/**
 * Splits the families of a section into blocks of rows: a family of several charts has a block to itself, while small ones that
 * follow each other share one, for a chart alone in a row leaves most of a wide screen empty.
 */
export function blocksOf(section: Section): Family[][] {
  const blocks: Family[][] = [];
  let shared: Family[] | null = null;
  for (const f of section.families) {
    if (f.charts.length >= ownBlock) {
      blocks.push([f]);
      shared = null;
    } else if (shared) {
      shared.push(f);
    } else {
      blocks.push((shared = [f]));
    }
  }
  return blocks;
}

/** The texts of a chart that its search looks at. */
export function chartTexts(chart: Chart): string[] {
  return [chart.title, chart.context, chart.family, chart.id, chart.name, ...chart.dimensions.map((d) => d.name)];
}
