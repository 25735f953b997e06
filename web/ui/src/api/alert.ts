import { alertId, alertStatus, decodeAlerts, type Alert, type AlertKey, type AlertStatus } from "./alerts";
import { getJSON, hostPath } from "./client";
import { arr, cell, num, obj, str } from "./decode";
import type { Cell } from "./types";

/** What the file of an alert says; "" where it says nothing. */
export interface Definition {
  kind: string;
  on: string;
  lookup: string;
  calc: string;
  warn: string;
  crit: string;
  every: number;
  delay: string;
  repeat: string;
  exec: string;
  noClear: boolean;
  file: string;
  line: number;
}

/** More of an alert that is evaluated. */
export interface AlertNow extends Alert {
  info: string;
  nextUpdate: number;
  /** The window of the last lookup, 0: none. */
  lookupFrom: number;
  lookupTo: number;
  delayUpTo: number;
  repeatWarning: number;
  repeatCritical: number;
  lastNotified: AlertStatus | null;
  variables: { name: string; value: Cell }[];
}

/** A change of an alert, with what decided it. */
export interface Change {
  gi: number;
  when: number;
  to: AlertStatus;
  from: AlertStatus;
  value: Cell;
  units: string;
  lasted: number;
  summary: string;
  info: string;
  context: string;
  role: string;
  source: string;
  expression: string;
  /** The values that the variables of the expression had. */
  variables: { name: string; value: string }[];
  /** Until when people are not told, in case it is over by then. */
  delayUpTo: number;
  silenced: boolean;
  /** It was handed to the notification hub. */
  notified: boolean;
}

export interface AlertDetail extends AlertKey {
  id: string;
  /** The server's clock. */
  now: number;
  /** null: it is not evaluated now. */
  alert: AlertNow | null;
  definition: Definition | null;
  /** The newest first. */
  changes: Change[];
}

function decodeDefinition(v: unknown): Definition {
  const d = obj(v);
  const text = (k: string) => str(d[k]);
  return {
    ...{ kind: text("kind"), on: text("on"), lookup: text("lookup"), calc: text("calc"), warn: text("warn"), crit: text("crit") },
    ...{ every: num(d["every"]), delay: text("delay"), repeat: text("repeat"), exec: text("exec"), noClear: d["no_clear_notification"] === true },
    ...{ file: text("file"), line: num(d["line"]) },
  };
}

/** "[ ${this} = 7 ] [ ${status} = 1 ]" */
export function decodeVariables(text: string): { name: string; value: string }[] {
  return [...text.matchAll(/\[ \$\{(.+?)\} = (\S+) \]/g)].map((m) => ({ name: m[1]!, value: m[2]! }));
}

export function decodeAlert(key: AlertKey, v: unknown): AlertDetail {
  const o = obj(v);
  const a = o["alert"] ? obj(o["alert"]) : null;
  return {
    ...{ guid: key.guid, chart: key.chart, name: key.name, id: alertId(key) },
    now: num(o["now"]),
    alert: a && {
      ...decodeAlerts({ alerts: [a] }).alerts[0]!,
      info: str(a["info"]),
      nextUpdate: num(a["next_update"]),
      lookupFrom: num(a["lookup_from"]),
      lookupTo: num(a["lookup_to"]),
      delayUpTo: num(a["delay_up_to"]),
      repeatWarning: num(a["repeat_warning"]),
      repeatCritical: num(a["repeat_critical"]),
      lastNotified: a["last_notified"] == null ? null : alertStatus(a["last_notified"]),
      variables: arr(a["variables"]).map((x) => ({ name: str(obj(x)["name"]), value: cell(obj(x)["value"]) })),
    },
    definition: o["definition"] ? decodeDefinition(o["definition"]) : null,
    changes: arr(o["transitions"]).map((t): Change => {
      const x = obj(t);
      return {
        gi: num(x["gi"]),
        when: num(x["when"]),
        to: alertStatus(x["status"]),
        from: alertStatus(x["old_status"]),
        value: cell(x["value"]),
        units: str(x["units"]),
        lasted: num(x["duration"]),
        summary: str(x["summary"]),
        info: str(x["info"]),
        context: str(x["context"]),
        role: str(x["role"]),
        source: str(x["source"]),
        expression: str(x["expression"]),
        variables: decodeVariables(str(x["variables"])),
        delayUpTo: num(x["delay_up_to"]),
        silenced: x["silenced"] === true,
        notified: x["notified"] === true,
      };
    }),
  };
}

export async function fetchAlert(key: AlertKey, signal: AbortSignal): Promise<AlertDetail> {
  const q = new URLSearchParams({ chart: key.chart, alert: key.name });
  return decodeAlert(key, await getJSON(`${hostPath(key.guid)}/api/foster/v1/alert?${q.toString()}`, signal));
}

export type Outcome = "sent" | "retry" | "held" | "failed" | "dropped" | "superseded" | "suppressed";

const outcomes: readonly string[] = ["sent", "retry", "held", "failed", "dropped", "superseded", "suppressed"] satisfies Outcome[];

/** What became of a change for one recipient. */
export interface Delivery {
  id: number;
  at: number;
  outcome: Outcome;
  reason: string;
  service: string;
  address: string;
  role: string;
  /** 1 is the first, 0: there was none. */
  attempt: number;
  /** Alerts that the message was about. */
  together: number;
  gi: number;
  chart: string;
  status: AlertStatus;
}

export function decodeDeliveries(v: unknown): Delivery[] {
  return arr(obj(v)["deliveries"]).map((d) => {
    const x = obj(d);
    const outcome = str(x["outcome"]);
    return {
      id: num(x["id"]),
      at: num(x["at"]),
      outcome: (outcomes.includes(outcome) ? outcome : "failed") as Outcome,
      reason: str(x["reason"]),
      service: str(x["service"]),
      address: str(x["address"]),
      role: str(x["role"]),
      attempt: num(x["attempt"]),
      together: num(x["alerts_in_message"]),
      gi: num(x["transition_gi"]),
      chart: str(x["chart"]),
      status: alertStatus(x["status"]),
    };
  });
}

/** The newest first. */
export async function fetchDeliveries(key: AlertKey, signal: AbortSignal): Promise<Delivery[]> {
  const q = new URLSearchParams({ alert: key.name, limit: "1000" });
  return decodeDeliveries(await getJSON(`${hostPath(key.guid)}/api/foster/v1/deliveries?${q.toString()}`, signal)).filter((d) => d.chart === key.chart);
}
