import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { FigureKind, Figures } from "../api/fleet";
import type { Cell, Host } from "../api/types";
import { formatAgo, formatBytes, formatCount, formatDuration, formatNumber } from "../chart/format";
import { scaleFor } from "../chart/units";
import type { FleetStore } from "../state/fleet";
import { Sparkline } from "./Sparkline";
import { Status } from "./Status";

export const figureLabels: Record<FigureKind, string> = { cpu: "CPU", memory: "Memory", disk: "Disk", network: "Network" };

/** Upper ends of the scales: of percentages, and the least of rates, so that the noise of an idle host stays small. */
const top: Record<FigureKind, { max?: number; least?: number }> = { cpu: { max: 100 }, memory: { max: 100 }, disk: { least: 256 * 1024 }, network: { least: 1e6 } };

/** A figure as text with its unit. */
function figureText(kind: FigureKind, v: Cell): string {
  if (v === null) return "–";
  if (kind === "cpu" || kind === "memory") return `${formatNumber(v, v < 10 ? 1 : 0)} %`;
  const { divisor, label } = scaleFor(kind === "disk" ? "B/s" : "bit/s", v);
  const scaled = v / divisor;
  return `${formatNumber(scaled, scaled < 10 ? 1 : 0)} ${label}`;
}

/** A sparkline of the last minutes and the figure of now. */
export function Figure({ store, guid, kind, width = 64, height = 26 }: { store: FleetStore; guid: string; kind: FigureKind; width?: number; height?: number }): JSX.Element {
  const f = store.figures.value.get(guid);
  const v = f?.[kind] ?? null;
  const total = kind === "memory" && f?.memoryTotal ? ` of ${formatBytes(f.memoryTotal)}` : "";
  return (
    <span class="figure-cell" title={total && v !== null ? figureText(kind, v) + total : undefined}>
      <Sparkline values={store.history(guid)?.values[kind] ?? []} tone={kind} width={width} height={height} {...top[kind]} />
      <span class={v === null ? "figure none-yet" : "figure"}>{figureText(kind, v)}</span>
    </span>
  );
}

/** Keeps the last minutes of a host known while the calling component is on the screen. */
export function useFollowed(store: FleetStore, guid: string): void {
  useEffect(() => store.follow(guid), [store, guid]);
}

/** How many alerts of a host are raised, and the worst; `href` is where all of them are. */
export function AlertCell({ figures, href }: { figures: Figures | undefined; href?: string }): JSX.Element {
  const a = figures?.alerts;
  if (!a) return <span class="none-yet">–</span>;
  const { critical, warning, worst } = a;
  if (critical + warning === 0) return <Status tone="ok">clear</Status>;
  const more = critical + warning - 1;
  const mark = (
    <Status tone={critical > 0 ? "critical" : "warning"} title={worst ? `${worst.name} on ${worst.chart}: ${worst.value}` : undefined}>
      <span class="ellipsis">{worst ? worst.name : critical > 0 ? "critical" : "warning"}</span>
      {more > 0 && <span class="more">+{more}</span>}
    </Status>
  );
  return href === undefined ? (
    mark
  ) : (
    <a class="cell-link" href={href}>
      {mark}
    </a>
  );
}

export function SpaceCell({ figures }: { figures: Figures | undefined }): JSX.Element {
  const s = figures?.space;
  if (!s) return <span class="none-yet">–</span>;
  const tone = s.percent >= 95 ? "critical" : s.percent >= 85 ? "warning" : "";
  return (
    <span class={`figure ${tone}`} title={`${s.of} is ${formatNumber(s.percent, 1)} % full`}>
      {formatNumber(s.percent, 0)} %
    </span>
  );
}

/** How long the host runs, or since when it is silent. */
export function UptimeCell({ host, figures, now }: { host: Host; figures: Figures | undefined; now: number }): JSX.Element {
  if (figures && figures.uptime !== null) return <span class="figure">{formatDuration(figures.uptime)}</span>;
  if (host.state === "stale" || host.state === "archived") return <span class="figure none-yet">{formatAgo(host.lastSeen, now)}</span>;
  return <span class="none-yet">–</span>;
}

/** What is below a host's name: how many charts it has, its system, then the labels that operators gave it. */
export function subtitle(h: Host): string {
  const own = Object.entries(h.labels).filter(([k]) => !k.startsWith("_"));
  return [h.charts > 0 && `${formatCount(h.charts)} charts`, h.os, ...own.map(([k, v]) => `${k}=${v}`)].filter(Boolean).join(" · ");
}
