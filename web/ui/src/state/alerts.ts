import type { Alert, AlertKey, AlertStatus, Facet, Transition } from "../api/alerts";
import { compileSearch } from "./search";

/** From the worst to the best. */
export const alertOrder: readonly AlertStatus[] = ["critical", "warning", "undefined", "uninitialized", "clear", "removed"];

export function isRaised(s: AlertStatus): boolean {
  return s === "critical" || s === "warning";
}

/** What of the alerts is shown, now and in the past. */
export interface AlertFilter {
  /** Empty: those raised. */
  statuses: ReadonlySet<AlertStatus>;
  /** Name or machine GUID, "": all. */
  host: string;
  /** "": any. */
  role: string;
  silenced: "" | "no" | "only";
  query: string;
}

/** Whether a filter leaves something out. */
export function isNarrowed(f: AlertFilter): boolean {
  return f.statuses.size > 0 || f.host !== "" || f.role !== "" || f.silenced !== "" || f.query !== "";
}

type Common = Pick<Alert, "guid" | "hostname" | "name" | "chart" | "context" | "summary" | "role"> & Partial<Pick<Alert, "type" | "component" | "class">>;

/** Roles are words: an alert may have several. */
function rolesOf(role: string): string[] {
  return role.split(/\s+/).filter(Boolean);
}

/** What a filter lets through, whatever its status and whether it is silenced. */
function common(f: AlertFilter): (a: Common) => boolean {
  const matches = compileSearch(f.query);
  return (a) =>
    (f.host === "" || a.guid === f.host || a.hostname === f.host) &&
    (f.role === "" || rolesOf(a.role).includes(f.role)) &&
    matches([a.name, a.hostname, a.chart, a.context, a.summary, a.role, a.type ?? "", a.component ?? "", a.class ?? ""]);
}

const quiet = (f: AlertFilter, silenced: boolean) => f.silenced === "" || silenced === (f.silenced === "only");

export function filterAlerts(alerts: readonly Alert[], f: AlertFilter): Alert[] {
  const matches = common(f);
  return alerts.filter((a) => (f.statuses.size === 0 ? isRaised(a.status) : f.statuses.has(a.status)) && quiet(f, a.silenced || a.disabled) && matches(a));
}

/** The same without the filter of the status: what its choices count. */
export function filterButStatus(alerts: readonly Alert[], f: AlertFilter): Alert[] {
  const matches = common(f);
  return alerts.filter((a) => quiet(f, a.silenced || a.disabled) && matches(a));
}

/** Changes that a filter lets through. Of statuses those count that an alert left or got. */
export function filterTransitions(list: readonly Transition[], f: AlertFilter): Transition[] {
  const matches = common(f);
  return list.filter((t) => (f.statuses.size === 0 || f.statuses.has(t.from) || f.statuses.has(t.to)) && quiet(f, t.silenced) && matches(t));
}

const natural = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

function counted(list: Iterable<readonly [value: string, label: string, count?: number]>): Facet[] {
  const out = new Map<string, Facet>();
  for (const [value, label, count = 1] of list) {
    const f = out.get(value);
    if (f) f.count += count;
    else out.set(value, { value, label, count });
  }
  return [...out.values()].sort((a, b) => natural.compare(a.label, b.label));
}

/** The hosts that something is of, and how much of it. */
export function hostsOf(list: readonly Pick<Alert, "guid" | "hostname">[]): Facet[] {
  return counted(list.map((a) => [a.guid, a.hostname] as const));
}

export function rolesIn(list: readonly Pick<Alert, "role">[]): Facet[] {
  return counted(list.flatMap((a) => rolesOf(a.role).map((r) => [r, r] as const)));
}

/** Roles as the log has them, each of which may be several. */
export function splitRoles(list: readonly Facet[]): Facet[] {
  return counted(list.flatMap((f) => rolesOf(f.value).map((r) => [r, r, f.count] as const)));
}

export type AlertSort = "status" | "name" | "hostname" | "chart" | "value" | "since" | "role";

/** Sorts alerts; equal ones by name and host. By status the worst come first, of these the newest. */
export function sortAlerts(alerts: readonly Alert[], key: AlertSort, descending: boolean): Alert[] {
  const compare = (a: Alert, b: Alert): number => {
    switch (key) {
      case "status":
        return alertOrder.indexOf(a.status) - alertOrder.indexOf(b.status) || b.since - a.since;
      case "value":
        return (a.value ?? -Infinity) === (b.value ?? -Infinity) ? 0 : (a.value ?? -Infinity) - (b.value ?? -Infinity);
      case "since":
        return a.since - b.since;
      default:
        return natural.compare(a[key], b[key]);
    }
  };
  const sign = descending ? -1 : 1;
  return alerts.toSorted((a, b) => sign * compare(a, b) || natural.compare(a.name, b.name) || natural.compare(a.id, b.id));
}

export type Grouping = "" | "severity" | "host" | "role" | "alert";

export interface AlertGroup {
  name: string;
  alerts: Alert[];
}

/** Groups in the order of their first alerts, so that the worst group comes first when the worst alert does. */
export function groupAlerts(alerts: readonly Alert[], by: Grouping): AlertGroup[] {
  if (by === "") return [{ name: "", alerts: [...alerts] }];
  const name = (a: Alert) => ({ severity: a.status, host: a.hostname, role: a.role, alert: a.name })[by];
  const groups = new Map<string, Alert[]>();
  for (const a of alerts) {
    const of = groups.get(name(a));
    if (of) of.push(a);
    else groups.set(name(a), [a]);
  }
  return [...groups].map(([n, list]) => ({ name: n, alerts: list }));
}

/** A line of the list of alerts. */
export type AlertLine = { kind: "alert"; alert: Alert } | { kind: "group"; name: string; critical: number; warning: number; count: number; open: boolean };

export function alertLines(groups: readonly AlertGroup[], closed: ReadonlySet<string>, grouped: boolean): AlertLine[] {
  return groups.flatMap(({ name, alerts }): AlertLine[] => {
    const lines = alerts.map((alert): AlertLine => ({ kind: "alert", alert }));
    if (!grouped) return lines;
    const open = !closed.has(name);
    const count = (s: AlertStatus) => alerts.filter((a) => a.status === s).length;
    return [{ kind: "group", name, critical: count("critical"), warning: count("warning"), count: alerts.length, open }, ...(open ? lines : [])];
  });
}

/** The address of an alert, or of one of its changes; `host` is that of the page it shall be on, "" for all hosts. */
export function alertHref(a: AlertKey, host = "", gi?: number): string {
  const q = new URLSearchParams({ show: showOf(a), ...(gi ? { at: String(gi) } : {}) });
  return `${host === "" ? "" : `/host/${encodeURIComponent(host)}`}/alerts?${q.toString()}`;
}

/** The alert that an address shows: GUID, chart and name, of which only the chart may have a slash. */
export function showOf(a: AlertKey): string {
  return `${a.guid}/${a.chart}/${a.name}`;
}

export function readShow(text: string): AlertKey | null {
  const [first, last] = [text.indexOf("/"), text.lastIndexOf("/")];
  if (first < 1 || last <= first + 1 || last === text.length - 1) return null;
  return { guid: text.slice(0, first), chart: text.slice(first + 1, last), name: text.slice(last + 1) };
}
