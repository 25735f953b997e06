import type { HostState } from "../api/types";
import { hostKeys, hostStates, type AlertFilter, type HostFilter, type HostKey } from "./hosts";

const alertFilters: readonly AlertFilter[] = ["raised", "critical", "warning", "none"];

/** What the fleet page shows stands in its address: q, state, label, alert, group, sort and view. */
export function filterOf(p: URLSearchParams): HostFilter {
  const states = (p.get("state") ?? "").split(",").filter((s): s is HostState => (hostStates as readonly string[]).includes(s));
  const alert = p.get("alert") as AlertFilter;
  return { query: p.get("q") ?? "", states: new Set(states), label: p.get("label") ?? "", alert: alertFilters.includes(alert) ? alert : "" };
}

/** The states as the address has them; all of them are none chosen. */
export function statesText(states: ReadonlySet<HostState>): string {
  return states.size === hostStates.length ? "" : hostStates.filter((s) => states.has(s)).join(",");
}

export function groupOf(p: URLSearchParams): string {
  return p.get("group") ?? "";
}

export function viewOf(p: URLSearchParams): "table" | "tiles" {
  return p.get("view") === "tiles" ? "tiles" : "table";
}

export function sortOf(p: URLSearchParams): { key: HostKey; descending: boolean } {
  const text = p.get("sort") ?? "";
  const key = hostKeys.find((k) => k.key === text.replace(/^-/, ""))?.key ?? "hostname";
  return { key, descending: text.startsWith("-") && text.slice(1) === key };
}

/** The order as the address has it, "" for the usual one. */
export function sortText({ key, descending }: { key: HostKey; descending: boolean }): string {
  return key === "hostname" && !descending ? "" : (descending ? "-" : "") + key;
}
