import type { Host, HostState } from "../api/types";

export type HostKey = "state" | "hostname" | "os" | "agent" | "charts" | "metrics" | "samplesPerSecond" | "lastSeen";

const rank: Record<HostState, number> = { live: 0, replicating: 1, stale: 2, archived: 3 };

const natural = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** Sorts by one column; equal rows stand by name, so that they do not change places at every refresh. */
export function sortHosts(hosts: readonly Host[], key: HostKey, descending: boolean): Host[] {
  const compare = (a: Host, b: Host): number => {
    switch (key) {
      case "state":
        return rank[a.state] - rank[b.state];
      case "hostname":
      case "os":
      case "agent":
        return natural.compare(a[key], b[key]);
      default:
        return a[key] - b[key];
    }
  };
  const sign = descending ? -1 : 1;
  return hosts.toSorted((a, b) => sign * compare(a, b) || natural.compare(a.hostname, b.hostname) || natural.compare(a.guid, b.guid));
}

/** The texts of a host that its search looks at. */
export function hostTexts(h: Host): string[] {
  return [h.hostname, h.guid, h.os, h.kernel, h.agent, h.state, h.connection?.address ?? "", ...Object.entries(h.labels).map(([k, v]) => `${k}=${v}`)];
}

/** Address of a host's page: by name, or by machine GUID where the name is another host's too. */
export function hostHref(h: Host): string {
  return `/host/${encodeURIComponent(h.ambiguous ? h.guid : h.hostname)}/`;
}
