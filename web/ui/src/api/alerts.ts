import { getJSON } from "./client";
import { arr, cell, num, obj, str } from "./decode";
import type { Cell } from "./types";

export type AlertStatus = "critical" | "warning" | "clear" | "undefined" | "uninitialized" | "removed";

const statuses: readonly string[] = ["critical", "warning", "clear", "undefined", "uninitialized", "removed"] satisfies AlertStatus[];

function alertStatus(v: unknown): AlertStatus {
  const s = str(v).toLowerCase();
  return (statuses.includes(s) ? s : "undefined") as AlertStatus;
}

/** An alert of a chart of a host, as it is now. */
export interface Alert {
  id: string;
  guid: string;
  hostname: string;
  name: string;
  chart: string;
  context: string;
  status: AlertStatus;
  summary: string;
  info: string;
  units: string;
  value: Cell;
  /** When the status changed. */
  since: number;
  role: string;
  type: string;
  component: string;
  class: string;
  /** File and line of its definition. */
  source: string;
}

/** A change of the status of an alert. */
export interface Transition {
  id: string;
  when: number;
  guid: string;
  hostname: string;
  name: string;
  chart: string;
  summary: string;
  units: string;
  from: AlertStatus;
  to: AlertStatus;
  value: Cell;
  /** Seconds that the old status lasted. */
  lasted: number;
  role: string;
}

export function decodeAlerts(v: unknown): Alert[] {
  const o = obj(v);
  const nodes = new Map(arr(o["nodes"]).map((n) => [num(obj(n)["ni"]), { guid: str(obj(n)["mg"]), hostname: str(obj(n)["nm"]) }]));
  return arr(o["alert_instances"]).map((a) => {
    const x = obj(a);
    const node = nodes.get(num(x["ni"])) ?? { guid: "", hostname: "" };
    return {
      id: `${node.guid} ${str(x["ch"])} ${str(x["nm"])}`,
      ...node,
      name: str(x["nm"]),
      chart: str(x["ch"]),
      context: str(x["ctx"]),
      status: alertStatus(x["st"]),
      summary: str(x["sum"]),
      info: str(x["info"]),
      units: str(x["units"]),
      value: cell(x["v"]),
      since: num(x["tr_t"]),
      role: str(x["to"]),
      type: str(x["tp"]),
      component: str(x["cm"]),
      class: str(x["cl"]),
      source: str(x["src"]),
    };
  });
}

export function decodeTransitions(v: unknown): Transition[] {
  return arr(obj(v)["transitions"]).map((t) => {
    const x = obj(t);
    const [from, to] = [obj(x["old"]), obj(x["new"])];
    return {
      id: str(x["transition_id"]),
      when: num(x["when"]),
      guid: str(x["machine_guid"]),
      hostname: str(x["hostname"]),
      name: str(x["alert"]),
      chart: str(x["instance"]),
      summary: str(x["summary"]),
      units: str(x["units"]),
      from: alertStatus(from["status"]),
      to: alertStatus(to["status"]),
      value: cell(to["value"]),
      lasted: num(from["duration"]),
      role: str(obj(x["notification"])["to"]),
    };
  });
}

export async function fetchAlerts(signal: AbortSignal): Promise<Alert[]> {
  return decodeAlerts(await getJSON("/api/v2/alerts?options=instances,values", signal));
}

/** The newest changes of the last `seconds`, the newest first. */
export async function fetchTransitions(seconds: number, most: number, signal: AbortSignal): Promise<Transition[]> {
  return decodeTransitions(await getJSON(`/api/v2/alert_transitions?after=-${seconds}&last=${most}`, signal));
}

/** The expressions of an alert: how its value is made, and when it is a warning or critical; "" for none. */
export interface Expressions {
  lookup: string;
  calc: string;
  warn: string;
  crit: string;
  every: number;
}

/** The v1 API escapes its texts for pages that paste them in. */
function plain(v: unknown): string {
  return str(v).replace(/&(lt|gt|amp|quot|#39);/g, (_, name: string) => ({ lt: "<", gt: ">", amp: "&", quot: '"', "#39": "'" })[name]!);
}

export async function fetchExpressions(a: Pick<Alert, "guid" | "chart" | "name">, signal: AbortSignal): Promise<Expressions | null> {
  const all = Object.values(obj(obj(await getJSON(`/host/${encodeURIComponent(a.guid)}/api/v1/alarms?all`, signal))["alarms"])).map(obj);
  const x = all.find((o) => str(o["chart"]) === a.chart && str(o["name"]) === a.name);
  if (!x) return null;
  const lookup = str(x["lookup_method"]) === "" ? "" : `${str(x["lookup_method"])} of ${str(x["lookup_dimensions"]) || "all dimensions"}, from ${num(x["lookup_after"])} s to ${num(x["lookup_before"])} s`;
  return { lookup, calc: plain(x["calc"]), warn: plain(x["warn"]), crit: plain(x["crit"]), every: num(x["update_every"]) };
}
