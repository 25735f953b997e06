import type { Cell, Dimension } from "../api/types";
import { formatDateTime, formatNumber } from "./format";
import { ink, dimensionColor, type Theme } from "./palette";
import type { Series } from "./series";
import type { Window } from "../state/range";

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The rows of a window as CSV (RFC 4180): the time in UTC, then a column for each dimension; what was not collected is empty. */
export function csvOf(series: Pick<Series, "times" | "columns" | "dimensions">, window: Window): string {
  const lines = [["time", ...series.dimensions.map((d) => d.name)].map(quoted).join(",")];
  series.times.forEach((t, k) => {
    if (t < window.after || t > window.before) return;
    lines.push([new Date(t * 1000).toISOString(), ...series.columns.map((c) => c[k] ?? "")].join(","));
  });
  return lines.join("\r\n") + "\r\n";
}

export interface Picture {
  title: string;
  units: string;
  /** The drawn chart. */
  canvas: HTMLCanvasElement;
  window: Window;
  dimensions: readonly { dimension: Dimension; index: number; value: Cell }[];
  theme: Theme;
}

const font = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

/** Draws a chart with its title, time and legend for itself. */
export async function pngOf(p: Picture): Promise<Blob> {
  const ratio = devicePixelRatio;
  const width = p.canvas.width / ratio;
  const perRow = Math.max(1, Math.floor((width - 24) / 190));
  const rows = Math.ceil(p.dimensions.length / perRow);
  const top = 46;
  const height = top + p.canvas.height / ratio + 8 + 18 * rows + 8;
  const out = document.createElement("canvas");
  out.width = Math.round(width * ratio);
  out.height = Math.round(height * ratio);
  const ctx = out.getContext("2d")!;
  const colors = ink[p.theme];
  ctx.fillStyle = colors.surface;
  ctx.fillRect(0, 0, out.width, out.height);
  ctx.drawImage(p.canvas, 0, Math.round(top * ratio));
  ctx.scale(ratio, ratio);
  ctx.fillStyle = colors.text;
  ctx.font = `600 14px ${font}`;
  ctx.fillText(p.title, 12, 20, width - 24);
  ctx.fillStyle = colors.label;
  ctx.font = `12px ${font}`;
  ctx.fillText(`${formatDateTime(p.window.after)} – ${formatDateTime(p.window.before)} · ${p.units}`, 12, 38, width - 24);
  p.dimensions.forEach(({ dimension, index, value }, i) => {
    const x = 12 + (i % perRow) * 190;
    const y = height - 8 - 18 * (rows - 1 - Math.floor(i / perRow));
    ctx.fillStyle = dimensionColor(p.theme, index);
    ctx.fillRect(x, y - 9, 9, 9);
    ctx.fillStyle = colors.text;
    ctx.fillText(`${dimension.name}  ${formatNumber(value, 2)}`, x + 15, y, 170);
  });
  return new Promise((resolve, reject) => out.toBlob((b) => (b ? resolve(b) : reject(new Error("the picture could not be made"))), "image/png"));
}

/** Hands a file to the browser to be saved. */
export function save(name: string, content: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name.replace(/[^\w.-]+/g, "_");
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
