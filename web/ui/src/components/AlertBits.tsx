import type { JSX } from "preact";
import type { AlertStatus } from "../api/alerts";
import type { Cell } from "../api/types";
import { decimalsFor, formatNumber } from "../chart/format";
import { scaleFor } from "../chart/units";
import { Status, Tag, type StatusTone } from "./Status";

export const alertTones: Record<AlertStatus, StatusTone> = { critical: "critical", warning: "warning", clear: "ok", undefined: "off", uninitialized: "off", removed: "off" };

export function AlertStatusMark({ status }: { status: AlertStatus }): JSX.Element {
  return <Status tone={alertTones[status]}>{status}</Status>;
}

/** That nobody is told of an alert, or that it is not evaluated. */
export function QuietTag({ silenced, disabled = false }: { silenced: boolean; disabled?: boolean }): JSX.Element | null {
  if (disabled) return <Tag title="not evaluated: its status stays as it is">disabled</Tag>;
  return silenced ? <Tag title="nobody is told of it">silenced</Tag> : null;
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

/** The number of a variable: whole when it is, else six digits of it. */
export function variableText(v: number | null): string {
  if (v === null || !Number.isFinite(v)) return "none";
  return String(Number.isInteger(v) ? v : Number(v.toPrecision(6)));
}

const constants: readonly string[] = ["REMOVED", "UNDEFINED", "UNINITIALIZED", "CLEAR", "RAISED", "WARNING", "CRITICAL"];

/** Whether the name of a variable is that of a status, whose number tells nobody anything. */
export function isConstant(name: string): boolean {
  return constants.includes(name);
}

/** Whether a chart is one of what foster knows itself: alerts look at its present, and there is nothing to draw. */
export function ownChart(chart: string): boolean {
  return chart === "foster.child" || chart === "foster.self";
}
