import type { Content, Panel } from "../api/dashboards";
import type { ChartRows } from "../api/rows";
import type { Chart, LiveChart, LiveRow } from "../api/types";

/** The widths that are offered, in columns of 12. */
export const widths: readonly { value: number; label: string }[] = [
  { value: 3, label: "quarter" },
  { value: 4, label: "third" },
  { value: 6, label: "half" },
  { value: 8, label: "two thirds" },
  { value: 12, label: "full width" },
];

/** The heights that are offered, in rows. */
export const heights: readonly { value: number; label: string }[] = [
  { value: 2, label: "low" },
  { value: 3, label: "normal" },
  { value: 5, label: "tall" },
  { value: 8, label: "very tall" },
];

/** The value next to `now` among choices, `by` places on. */
export function nextOf(choices: readonly { value: number }[], now: number, by: 1 | -1): number {
  const beyond = choices.map((c) => c.value).filter((v) => (by > 0 ? v > now : v < now));
  return (by > 0 ? beyond[0] : beyond.at(-1)) ?? now;
}

/** An id that no panel has. */
export function freeID(panels: readonly Panel[]): string {
  const used = new Set(panels.map((p) => p.id));
  for (let n = 1; ; n++) if (!used.has(`p${n}`)) return `p${n}`;
}

/** Moves a panel to a place among the others. */
export function movePanel(panels: readonly Panel[], id: string, to: number): readonly Panel[] {
  const at = panels.findIndex((p) => p.id === id);
  if (at < 0) return panels;
  const rest = panels.filter((p) => p.id !== id);
  const place = Math.min(rest.length, Math.max(0, to));
  return place === at ? panels : [...rest.slice(0, place), panels[at]!, ...rest.slice(place)];
}

/** The place of a panel that is dropped before or after another. */
export function dropPlace(panels: readonly Panel[], id: string, on: string, after: boolean): number {
  return panels.filter((p) => p.id !== id).findIndex((p) => p.id === on) + (after ? 1 : 0);
}

export function changePanel(panels: readonly Panel[], id: string, change: Partial<Panel>): readonly Panel[] {
  return panels.map((p) => (p.id === id ? { ...p, ...change } : p));
}

/** Whether two dashboards say the same. */
export function sameContent(a: Content, b: Content): boolean {
  const text = (c: Content) => JSON.stringify([c.name, c.description, c.last, c.panels.map((p) => [p.id, p.host, p.hostname, p.chart, p.title, p.dimensions, p.width, p.height])]);
  return text(a) === text(b);
}

/** The name of a copy; names have at most 100 bytes. */
export function copyName(name: string): string {
  const ending = " (copy)";
  const bytes = (s: string) => new TextEncoder().encode(s).length;
  let start = [...name];
  while (bytes(start.join("")) + ending.length > 100) start = start.slice(0, -1);
  return start.join("") + ending;
}

/** The chart with the chosen dimensions alone, in the colours that they have among all; the same object when all are chosen. */
export function chosenChart(chart: Chart, dimensions: readonly string[]): Chart {
  if (dimensions.length === 0) return chart;
  return { ...chart, dimensions: chart.dimensions.map((d, place) => ({ ...d, place })).filter((d) => dimensions.includes(d.id)) };
}

/** The rows of the chosen dimensions alone. */
export function chosenRows(rows: ChartRows, dimensions: readonly string[]): ChartRows {
  if (!rows || dimensions.length === 0) return rows;
  const places = rows.dimensions.flatMap((d, i) => (dimensions.includes(d.id) ? [i] : []));
  const pick = <T>(list: readonly T[]) => places.map((i) => list[i]!);
  return { ...rows, dimensions: pick(rows.dimensions), columns: pick(rows.columns), ...(rows.band && { band: { low: pick(rows.band.low), high: pick(rows.band.high) } }) };
}

/** Rows as live points. A row without any value is one that has not come yet. */
export function livePoints(rows: NonNullable<ChartRows>): LiveChart {
  const points: LiveRow[] = [];
  const anomalies: [number, number][] = [];
  rows.times.forEach((t, k) => {
    const values = rows.columns.map((c) => c[k] ?? null);
    if (values.every((v) => v === null)) return;
    points.push([t, ...values]);
    const rate = rows.anomalies?.[k];
    if (rate != null && rate > 0) anomalies.push([t, rate]);
  });
  return { dimensions: rows.dimensions.map((d) => d.id), points, anomalies };
}
