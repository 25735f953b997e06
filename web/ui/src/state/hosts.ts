import type { Figures } from "../api/fleet";
import type { Host, HostState } from "../api/types";
import { compileSearch } from "./search";

export const hostStates: readonly HostState[] = ["live", "replicating", "stale", "archived"];

export type HostKey = "hostname" | "state" | "alerts" | "cpu" | "memory" | "disk" | "network" | "space" | "uptime" | "samples";

export const hostKeys: readonly { key: HostKey; label: string }[] = [
  { key: "hostname", label: "Name" },
  { key: "state", label: "State" },
  { key: "alerts", label: "Alerts" },
  { key: "cpu", label: "CPU" },
  { key: "memory", label: "Memory" },
  { key: "disk", label: "Disk" },
  { key: "network", label: "Network" },
  { key: "space", label: "Disk space" },
  { key: "uptime", label: "Uptime" },
  { key: "samples", label: "Samples/s" },
];

const rank: Record<HostState, number> = { live: 0, replicating: 1, stale: 2, archived: 3 };

const natural = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

function figure(f: Figures | undefined, key: HostKey): number {
  switch (key) {
    case "alerts":
      return (f?.alerts?.critical ?? 0) * 1e6 + (f?.alerts?.warning ?? 0);
    case "space":
      return f?.space?.percent ?? -1;
    case "samples":
      return f?.samplesPerSecond ?? -1;
    case "hostname":
    case "state":
      return 0;
    default:
      return f?.[key] ?? -1;
  }
}

/** Sorts by one column; equal rows stand by name, so that they do not change places at every refresh. */
export function sortHosts(hosts: readonly Host[], figures: ReadonlyMap<string, Figures>, key: HostKey, descending: boolean): Host[] {
  const sign = descending ? -1 : 1;
  const name = (a: Host, b: Host) => natural.compare(a.hostname, b.hostname) || natural.compare(a.guid, b.guid);
  if (key === "hostname") return hosts.toSorted((a, b) => sign * name(a, b));
  const values = new Map(hosts.map((h) => [h, key === "state" ? rank[h.state] : figure(figures.get(h.guid), key)]));
  return hosts.toSorted((a, b) => sign * (values.get(a)! - values.get(b)!) || name(a, b));
}

/** The texts of a host that its search looks at. */
export function hostTexts(h: Host): string[] {
  return [h.hostname, h.guid, h.os, h.kernel, h.agent, h.state, h.connection?.address ?? "", ...Object.entries(h.labels).map(([k, v]) => `${k}=${v}`)];
}

/** Address of a host's page: by name, or by machine GUID where the name is another host's too. */
export function hostHref(h: Pick<Host, "ambiguous" | "guid" | "hostname">): string {
  return `/host/${encodeURIComponent(h.ambiguous ? h.guid : h.hostname)}/`;
}

export type AlertFilter = "" | "raised" | "critical" | "warning" | "none";

/** Which hosts are listed. */
export interface HostFilter {
  query: string;
  states: ReadonlySet<HostState>;
  /** key=value, or "" for all. */
  label: string;
  alert: AlertFilter;
}

function hasAlerts(f: Figures | undefined, filter: AlertFilter): boolean {
  const critical = f?.alerts?.critical ?? 0;
  const warning = f?.alerts?.warning ?? 0;
  switch (filter) {
    case "":
      return true;
    case "raised":
      return critical + warning > 0;
    case "critical":
      return critical > 0;
    case "warning":
      return warning > 0;
    case "none":
      return critical + warning === 0;
  }
}

/** The hosts that the filter lets through, states left aside: the numbers beside the states are of these. */
export function filterHosts(hosts: readonly Host[], figures: ReadonlyMap<string, Figures>, filter: HostFilter): Host[] {
  const matches = compileSearch(filter.query);
  const at = filter.label.indexOf("=");
  const [key, value] = [filter.label.slice(0, at), filter.label.slice(at + 1)];
  return hosts.filter((h) => (at < 0 || h.labels[key] === value) && hasAlerts(figures.get(h.guid), filter.alert) && matches(hostTexts(h)));
}

const mostValues = 40; // a label with more values than that tells hosts apart, and does not group them

export interface LabelValue {
  key: string;
  value: string;
  hosts: number;
}

/** The labels that several hosts share or that have few values; those that operators gave first, agents' own after them. */
export function labelValues(hosts: readonly Host[]): LabelValue[] {
  const counts = new Map<string, Map<string, number>>();
  for (const h of hosts) {
    for (const [key, value] of Object.entries(h.labels)) {
      const values = counts.get(key) ?? counts.set(key, new Map()).get(key)!;
      values.set(value, (values.get(value) ?? 0) + 1);
    }
  }
  const keys = [...counts.keys()].filter((k) => counts.get(k)!.size <= mostValues);
  keys.sort((a, b) => Number(a.startsWith("_")) - Number(b.startsWith("_")) || natural.compare(a, b));
  return keys.flatMap((key) => [...counts.get(key)!].map(([value, n]) => ({ key, value, hosts: n })).sort((a, b) => natural.compare(a.value, b.value)));
}

export interface HostGroup {
  name: string;
  hosts: Host[];
}

/** Groups hosts by a label, or by "state", "os" or "agent" with a dot in front; hosts keep their order. */
export function groupHosts(hosts: readonly Host[], by: string): HostGroup[] {
  const of = (h: Host): string => {
    switch (by) {
      case ".state":
        return h.state;
      case ".os":
        return h.os;
      case ".agent":
        return h.agent;
      default:
        return h.labels[by] ?? "";
    }
  };
  const groups = new Map<string, Host[]>();
  for (const h of hosts) {
    const name = of(h);
    const list = groups.get(name);
    if (list) list.push(h);
    else groups.set(name, [h]);
  }
  return [...groups].map(([name, list]) => ({ name, hosts: list })).sort((a, b) => Number(a.name === "") - Number(b.name === "") || natural.compare(a.name, b.name));
}
