import type { JSX } from "preact";
import type { AlertStatus } from "../api/alerts";
import type { Cell } from "../api/types";
import { decimalsFor, formatNumber } from "../chart/format";
import { scaleFor } from "../chart/units";
import { Status, type StatusTone } from "./Status";

const tones: Record<AlertStatus, StatusTone> = { critical: "critical", warning: "warning", clear: "ok", undefined: "off", uninitialized: "off", removed: "off" };

export function AlertStatusMark({ status }: { status: AlertStatus }): JSX.Element {
  return <Status tone={tones[status]}>{status}</Status>;
}

/** The value of an alert with its units. */
export function alertValue(value: Cell, units: string): string {
  if (value === null) return "–";
  const { divisor, label } = scaleFor(units, value);
  const scaled = value / divisor;
  return `${formatNumber(scaled, decimalsFor(scaled))} ${label}`.trim();
}

/** The chart of an alert on its host's page. */
export function chartHref(guid: string, chart: string): string {
  return `/host/${encodeURIComponent(guid)}/?full=${encodeURIComponent(chart)}`;
}
