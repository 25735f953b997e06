import { getJSON, hostPath } from "./client";
import { arr, cell, num, obj, str } from "./decode";
import type { Cell } from "./types";

export type AlertStatus = "critical" | "warning" | "clear" | "undefined" | "uninitialized" | "removed";

const statuses: readonly string[] = ["critical", "warning", "clear", "undefined", "uninitialized", "removed"] satisfies AlertStatus[];

export function alertStatus(v: unknown): AlertStatus {
  const s = str(v).toLowerCase();
  return (statuses.includes(s) ? s : "undefined") as AlertStatus;
}

/** What names an alert: a chart of a host has at most one of each name. */
export interface AlertKey {
  guid: string;
  chart: string;
  name: string;
}

/** An alert of a chart of a host, as it is now. */
export interface Alert extends AlertKey {
  /** Of the three names above; the same for its transitions. */
  id: string;
  hostname: string;
  chartName: string;
  context: string;
  family: string;
  status: AlertStatus;
  summary: string;
  units: string;
  value: Cell;
  /** When the status changed. */
  since: number;
  /** When it was evaluated last, 0: never. */
  updated: number;
  role: string;
  type: string;
  component: string;
  class: string;
  /** Nobody is told of it. */
  silenced: boolean;
  /** It is not evaluated. */
  disabled: boolean;
}

/** How many alerts have a status. */
export type AlertTotals = Record<Exclude<AlertStatus, "removed">, number>;

export interface AlertList {
  /** The server's clock. */
  now: number;
  /** Grows whenever the status of an alert changes. */
  sequence: number;
  total: AlertTotals;
  /** How many there are; more than alerts when these are only the worst. */
  matched: number;
  alerts: Alert[];
}

/** A change of the status of an alert. */
export interface Transition extends AlertKey {
  /** Of the alert. */
  id: string;
  /** Of the change: grows with time. */
  gi: number;
  when: number;
  hostname: string;
  context: string;
  summary: string;
  units: string;
  from: AlertStatus;
  to: AlertStatus;
  value: Cell;
  /** Seconds that the old status lasted. */
  lasted: number;
  role: string;
  silenced: boolean;
}

/** A value that things can be narrowed by, and how many of them have it. */
export interface Facet {
  value: string;
  label: string;
  count: number;
}

export interface TransitionPage {
  transitions: Transition[];
  /** Whatever host, or role, was asked for. */
  hosts: Facet[];
  roles: Facet[];
  /** How many there are; of more than were asked for the newest are told. */
  matched: number;
}

export function alertId(k: AlertKey): string {
  return `${k.guid} ${k.chart} ${k.name}`;
}

function decodeAlert(v: unknown): Alert {
  const x = obj(v);
  const key = { guid: str(x["machine_guid"]), chart: str(x["chart"]), name: str(x["name"]) };
  return {
    ...key,
    id: alertId(key),
    hostname: str(x["hostname"]) || key.guid,
    chartName: str(x["chart_name"]) || key.chart,
    context: str(x["context"]),
    family: str(x["family"]),
    status: alertStatus(x["status"]),
    summary: str(x["summary"]),
    units: str(x["units"]),
    value: cell(x["value"]),
    since: num(x["since"]),
    updated: num(x["updated"]),
    role: str(x["role"]),
    type: str(x["type"]),
    component: str(x["component"]),
    class: str(x["class"]),
    silenced: x["silenced"] === true,
    disabled: x["disabled"] === true,
  };
}

export function decodeAlerts(v: unknown): AlertList {
  const o = obj(v);
  const t = obj(o["total"]);
  const alerts = arr(o["alerts"]).map(decodeAlert);
  return {
    now: num(o["now"]),
    sequence: num(o["sequence"]),
    total: { critical: num(t["critical"]), warning: num(t["warning"]), clear: num(t["clear"]), undefined: num(t["undefined"]), uninitialized: num(t["uninitialized"]) },
    matched: num(o["matched"], alerts.length),
    alerts,
  };
}

export function decodeTransitions(v: unknown): TransitionPage {
  const transitions = arr(obj(v)["transitions"]).map((t): Transition => {
    const x = obj(t);
    const [from, to, told] = [obj(x["old"]), obj(x["new"]), obj(x["notification"])];
    const key = { guid: str(x["machine_guid"]), chart: str(x["instance"]), name: str(x["alert"]) };
    return {
      ...key,
      id: alertId(key),
      gi: num(x["gi"]),
      when: num(x["when"]),
      hostname: str(x["hostname"]) || key.guid,
      context: str(x["context"]),
      summary: str(x["summary"]),
      units: str(x["units"]),
      from: alertStatus(from["status"]),
      to: alertStatus(to["status"]),
      value: cell(to["value"]),
      lasted: num(from["duration"]),
      role: str(told["to"]),
      silenced: arr(told["flags"]).includes("SILENCED"),
    };
  });
  const facet = (id: string): Facet[] => {
    const found = arr(obj(v)["facets"]).map(obj).find((f) => f["id"] === id);
    return arr(found?.["options"]).map((o) => ({ value: str(obj(o)["id"]), label: str(obj(o)["name"]), count: num(obj(o)["count"]) }));
  };
  return { transitions, hosts: facet("f_node"), roles: facet("f_role"), matched: num(obj(obj(v)["items"])["matched"], transitions.length) };
}

const mostAlerts = 5000;

/** The alerts that are raised, and those of other statuses, of one host or ("") of all. */
export async function fetchAlerts(host: string, others: readonly AlertStatus[], signal: AbortSignal): Promise<AlertList> {
  const q = new URLSearchParams({ status: ["raised", ...others].join(","), limit: String(mostAlerts) });
  return decodeAlerts(await getJSON(`${host === "" ? "" : hostPath(host)}/api/foster/v1/alert_instances?${q.toString()}`, signal));
}

export interface TransitionQuery {
  after: number;
  before: number;
  /** The host of the page, "": all; names and machine GUIDs. */
  scope: string;
  /** One of those, "": any. */
  host: string;
  /** A word of the role, "": any. */
  role: string;
  most: number;
}

/** All changes whose old status lasted at any time between two: those in between, and of each alert the one after them. */
export async function fetchTransitions(t: TransitionQuery, signal: AbortSignal): Promise<TransitionPage> {
  const q = new URLSearchParams({ after: String(Math.floor(t.after)), began_before: String(Math.ceil(t.before)), last: String(t.most) });
  if (t.scope !== "") q.set("nodes", t.scope);
  if (t.host !== "") q.set("f_node", t.host);
  if (t.role !== "") q.set("f_role", `*${t.role}*`);
  return decodeTransitions(await getJSON(`/api/v2/alert_transitions?${q.toString()}`, signal));
}
