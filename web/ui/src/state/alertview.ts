import type { AlertKey, AlertStatus } from "../api/alerts";
import { alertOrder, readShow, type AlertFilter, type AlertSort, type Grouping } from "./alerts";
import type { Range } from "./range";

export type AlertTab = "now" | "history" | "silences";

/** What the alerts page shows, as its address says it. */
export interface AlertView extends AlertFilter {
  tab: AlertTab;
  group: Grouping;
  sort: { key: AlertSort; descending: boolean };
  /** The alert whose details are shown. */
  show: AlertKey | null;
  /** Of its changes the one that its chart is about, 0: the newest. */
  at: number;
  lanes: "alert" | "host";
  range: Range;
}

/** Seconds of history that are shown when nobody asked for others. */
const usualHistory = 86_400;

const oneOf = <T extends string>(text: string | null, known: readonly T[], otherwise: T): T => ((known as readonly (string | null)[]).includes(text) ? (text as T) : otherwise);
const number = (text: string | null) => {
  const n = text === null || text === "" ? NaN : Number(text);
  return Number.isFinite(n) && n > 0 ? n : 0;
};

const sorts: readonly AlertSort[] = ["status", "name", "hostname", "chart", "value", "since", "role"];

/** The parameters of a filter, to be removed from an address. */
export const noFilter = { status: null, host: null, role: null, silenced: null, q: null };

/** Reads the parameters of an address. What is malformed is as if it were not there. */
export function readAlertView(p: URLSearchParams): AlertView {
  const sort = p.get("sort") ?? "";
  const [after, before, last] = [number(p.get("after")), number(p.get("before")), number(p.get("last"))];
  return {
    tab: oneOf(p.get("tab"), ["now", "history", "silences"], "now"),
    statuses: new Set((p.get("status") ?? "").split(",").filter((s): s is AlertStatus => (alertOrder as readonly string[]).includes(s))),
    host: p.get("host") ?? "",
    role: p.get("role") ?? "",
    silenced: oneOf(p.get("silenced"), ["", "no", "only"], ""),
    query: p.get("q") ?? "",
    group: oneOf(p.get("group"), ["", "severity", "host", "role", "alert"], ""),
    sort: { key: oneOf(sort.replace(/^-/, ""), sorts, "status"), descending: sort.startsWith("-") },
    show: readShow(p.get("show") ?? ""),
    at: number(p.get("at")),
    lanes: oneOf(p.get("lanes"), ["alert", "host"], "alert"),
    range: after > 0 && before > after ? { kind: "fixed", after, before } : { kind: "live", span: last > 0 ? Math.max(60, last) : usualHistory },
  };
}

/** The parameters of a time range, null where one is left out. */
export function rangeParameters(r: Range): Record<"last" | "after" | "before", string | null> {
  return {
    last: r.kind === "live" && r.span !== usualHistory ? String(Math.round(r.span)) : null,
    after: r.kind === "fixed" ? String(Math.round(r.after)) : null,
    before: r.kind === "fixed" ? String(Math.round(r.before)) : null,
  };
}
