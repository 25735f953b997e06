import type uPlot from "uplot";
import type { Cell } from "../api/types";
import { withAlpha, type Ink } from "./palette";

/** A line across a chart at the value from which an alert is raised. */
export interface Threshold {
  value: number;
  tone: "warning" | "critical";
}

const ribbon = 4; // px high

/** Fills between the extremes of rows: what the line of means leaves out. A gap in the extremes is a gap. */
export function drawBand(u: uPlot, times: readonly number[], low: readonly Cell[], high: readonly Cell[], color: string): void {
  const { ctx } = u;
  ctx.save();
  clip(u);
  ctx.fillStyle = color;
  let from = 0;
  for (let i = 0; i <= times.length; i++) {
    if (i < times.length && low[i] != null && high[i] != null) continue;
    if (i > from) {
      ctx.beginPath();
      for (let k = from; k < i; k++) ctx.lineTo(u.valToPos(times[k]!, "x", true), u.valToPos(high[k]!, "y", true));
      for (let k = i - 1; k >= from; k--) ctx.lineTo(u.valToPos(times[k]!, "x", true), u.valToPos(low[k]!, "y", true));
      ctx.closePath();
      ctx.fill();
    }
    from = i + 1;
  }
  ctx.restore();
}

/** Draws dashed lines at the thresholds that the axis reaches; the others would press the data flat. */
export function drawThresholds(u: uPlot, list: readonly Threshold[], colors: Ink): void {
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio;
  const { min, max } = u.scales["y"]!;
  ctx.save();
  ctx.lineWidth = Math.round(1.25 * ratio);
  ctx.setLineDash([5 * ratio, 4 * ratio]);
  for (const t of list) {
    if (min == null || max == null || t.value < min || t.value > max) continue;
    const y = Math.round(u.valToPos(t.value, "y", true)) + 0.5;
    ctx.strokeStyle = colors[t.tone];
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  ctx.restore();
}

/** Draws a ribbon along the top: the more of a row's samples were anomalous, the stronger. */
export function drawAnomalies(u: uPlot, times: readonly number[], rates: readonly Cell[], step: number, color: string): void {
  const { ctx, bbox } = u;
  const height = ribbon * devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top - height, bbox.width, height);
  ctx.clip();
  rates.forEach((rate, i) => {
    if (rate == null || rate <= 0) return;
    const x0 = u.valToPos(times[i]! - step, "x", true);
    const x1 = u.valToPos(times[i]!, "x", true);
    ctx.fillStyle = withAlpha(color, 0.3 + 0.7 * Math.min(1, rate / 100));
    ctx.fillRect(x0, bbox.top - height, Math.max(1, x1 - x0), height);
  });
  ctx.restore();
}

function clip(u: uPlot): void {
  const { left, top, width, height } = u.bbox;
  u.ctx.beginPath();
  u.ctx.rect(left, top, width, height);
  u.ctx.clip();
}
