import type { Alert, AlertStatus } from "../api/alerts";
import { compileSearch } from "./search";

/** From the worst to the best. */
export const alertOrder: readonly AlertStatus[] = ["critical", "warning", "undefined", "uninitialized", "clear", "removed"];

export function isRaised(s: AlertStatus): boolean {
  return s === "critical" || s === "warning";
}

/** The alerts of the statuses wanted (none: those raised) that a search finds. */
export function filterAlerts(alerts: readonly Alert[], wanted: ReadonlySet<AlertStatus>, query: string): Alert[] {
  const matches = compileSearch(query);
  return alerts.filter((a) => (wanted.size === 0 ? isRaised(a.status) : wanted.has(a.status)) && matches([a.name, a.hostname, a.chart, a.context, a.summary, a.role, a.type, a.component, a.class]));
}

const natural = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

export type AlertKey = "status" | "name" | "hostname" | "chart" | "value" | "since" | "role";

/** Sorts alerts; equal ones by name and host. By status the worst come first, of these the newest. */
export function sortAlerts(alerts: readonly Alert[], key: AlertKey, descending: boolean): Alert[] {
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
