import uPlot from "uplot";
import type { Band, Cell, ChartType } from "../api/types";
import type { Window } from "../state/range";
import { pans, listenForGestures } from "./gestures";
import { drawAnomalies, drawBand, drawThresholds, type Threshold } from "./overlay";
import { decimalsFor, formatClock, formatTick, formatTimeTick } from "./format";
import { dimensionColor, ink, withAlpha, type Theme } from "./palette";
import { stack } from "./stack";
import { valueAxis, type ValueAxis } from "./ticks";
import { scaleFor, type Scale } from "./units";

export interface PlotOptions {
  chartType: ChartType;
  units: string;
  dimensions: number;
  width: number;
  height: number;
  theme: () => Theme;
  /** Which of the colours a dimension has, its index when missing. */
  place?: (i: number) => number;
  /** The time under the pointer, or null when the pointer left. */
  onHover(time: number | null): void;
  /** A stretch of time was selected by dragging. */
  onSelect(after: number, before: number): void;
  /** A drag began or ended. */
  onDrag(active: boolean): void;
  /** Double click. */
  onReset(): void;
  /** Make the range `factor` times as long around `time`. */
  onZoom(factor: number, time: number): void;
  /** Move the range by so many seconds. */
  onPan(seconds: number): void;
  /** The way in which the values are shown changed. */
  onDisplay(display: Display): void;
}

/** How the values of a chart are shown: its unit, and the decimals that fit the height of its axis. */
export interface Display extends Scale {
  decimals: number;
}

/** Rows to draw: at most one of them on either side of the window. */
export interface PlotRows {
  times: readonly number[];
  columns: readonly Cell[][];
  band: Band | null;
  anomalies: readonly Cell[];
  /** Seconds a row covers. */
  step: number;
  /** Values that the axis reaches at least: charts beside each other get the same axis. */
  alike?: readonly [low: number, high: number] | undefined;
}

const noRows: PlotRows = { times: [], columns: [], band: null, anomalies: [], step: 1 };

const labelFont = '11px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
const axisWidth = 52; // px; the same on all charts, so that equal times stand below each other

/**
 * One drawn chart: uPlot with what it lacks here – stacking, axes in whole units, a time range and a cursor that come from
 * outside. It draws nothing by itself; update() draws at once.
 */
export class Plot {
  private readonly u: uPlot;
  private readonly shown: boolean[];
  private axis: ValueAxis = valueAxis(0, 0, 1, true);
  private display: Display;
  private readonly tag = document.createElement("div");
  private bands = "";
  private hovered = false;
  /** Limits of what is drawn. */
  private low = 0;
  private high = 0;
  private rows: PlotRows = noRows;
  private thresholds: readonly Threshold[] = [];

  constructor(
    parent: HTMLElement,
    private readonly opts: PlotOptions,
  ) {
    this.shown = new Array<boolean>(opts.dimensions).fill(true);
    this.display = { ...scaleFor(opts.units, 0), decimals: 0 };
    this.u = new uPlot(this.options(), [[], ...this.shown.map(() => [])], parent);
    this.listen();
  }

  private place(i: number): number {
    return this.opts.place?.(i) ?? i;
  }

  private get stacked(): boolean {
    // A heat map's dimensions are the buckets of one distribution: their stack shows the same counts.
    return this.opts.chartType === "stacked" || this.opts.chartType === "heatmap";
  }

  private get filled(): boolean {
    return this.opts.chartType !== "line";
  }

  /** The picture as it is. */
  get canvas(): HTMLCanvasElement {
    return this.u.ctx.canvas;
  }

  /** Draws rows over a window of time. `hidden` holds the indices of dimensions switched off. */
  update(rows: PlotRows, hidden: (i: number) => boolean, window: Window, thresholds: readonly Threshold[]): void {
    const { u } = this;
    this.rows = rows;
    this.thresholds = thresholds;
    const { times, columns } = rows;
    let draw: readonly Cell[][] = columns;
    let bands: uPlot.Band[] = [];
    const shown = this.shown.map((_, i) => !hidden(i));
    if (this.stacked) {
      const stacked = stack(columns, shown);
      draw = stacked.columns;
      bands = stacked.bands.map((b) => ({ series: [b.from + 1, b.to + 1], dir: b.dir }));
    }
    // uPlot would leave out the rows next to the window, to which the lines at its edges lead.
    const limits = draw.filter((_, i) => shown[i]);
    if (rows.band && this.banded(shown)) limits.push(...rows.band.low.filter((_, i) => shown[i]), ...rows.band.high.filter((_, i) => shown[i]));
    [this.low, this.high] = extent(limits);
    if (rows.alike) [this.low, this.high] = [Math.min(this.low, rows.alike[0]), Math.max(this.high, rows.alike[1])];
    u.batch(() => {
      shown.forEach((on, i) => {
        if (on !== this.shown[i]) u.setSeries(i + 1, { show: on }, false);
        this.shown[i] = on;
      });
      const key = JSON.stringify(bands);
      if (key !== this.bands) {
        this.bands = key;
        u.delBand(null);
        bands.forEach((b) => u.addBand(b));
      }
      u.setData([times, ...draw] as uPlot.AlignedData, false);
      u.setScale("x", { min: window.after, max: window.before });
    });
  }

  /** Whether extremes are drawn: of layers on each other they would mean nothing, unless there is only one. */
  private banded(shown: readonly boolean[]): boolean {
    return !this.stacked || shown.filter(Boolean).length === 1;
  }

  private drawBands(): void {
    const { band, times } = this.rows;
    if (!band || !this.banded(this.shown)) return;
    const theme = this.opts.theme();
    const strength = this.shown.filter(Boolean).length > 4 ? 0.14 : 0.24;
    this.shown.forEach((on, i) => {
      if (on && band.low[i]) drawBand(this.u, times, band.low[i], band.high[i]!, withAlpha(dimensionColor(theme, this.place(i)), strength));
    });
  }

  private drawMarks(): void {
    const colors = ink[this.opts.theme()];
    const { times, anomalies, step } = this.rows;
    drawAnomalies(this.u, times, anomalies, step, colors.anomaly);
    drawThresholds(this.u, this.thresholds, colors);
  }

  /** Shows the shared cursor at `time`, with its name when `named`, unless it comes from this chart. */
  setCursor(time: number | null, named = false): void {
    if (this.hovered && !named) return;
    const left = time === null ? -10 : this.u.valToPos(time, "x");
    const inside = left >= 0 && left <= this.u.over.clientWidth;
    this.showTime(named && inside ? time : null, left);
    if (!inside && (this.u.cursor.left ?? -10) < 0) return;
    this.u.setCursor({ left: inside ? left : -10, top: inside ? 0 : -10 }, false);
  }

  resize(width: number, height: number): void {
    if (width !== this.u.width || height !== this.u.height) this.u.setSize({ width, height });
  }

  redraw(): void {
    this.u.redraw(false);
  }

  destroy(): void {
    this.u.destroy();
  }

  private options(): uPlot.Options {
    const { opts } = this;
    const color = (i: number) => dimensionColor(opts.theme(), this.place(i));
    const grid = () => ink[opts.theme()].grid;
    const label = () => ink[opts.theme()].label;
    const fill = this.stacked ? 0.75 : 0.22;
    return {
      width: opts.width,
      height: opts.height,
      padding: [8, 10, 0, 0],
      legend: { show: false },
      series: [
        {},
        ...this.shown.map((_, i): uPlot.Series => ({
          stroke: () => color(i),
          // Outlines of many thin layers would hide their fills.
          width: this.stacked ? 0 : 1.4,
          ...(this.filled ? { fill: () => withAlpha(color(i), fill), fillTo: 0 } : {}),
          points: { size: 4, show: (_u, _s, from, to) => to - from < 2 },
        })),
      ],
      scales: {
        x: { time: true, auto: false, range: (_u, min, max) => [min ?? 0, max ?? 1] },
        y: { range: () => this.layOut() },
      },
      axes: [
        {
          stroke: label,
          font: labelFont,
          size: 24,
          gap: 4,
          space: (_u, _axis, _min, _max, width) => timeSpace(width),
          grid: { stroke: grid, width: 1 },
          ticks: { show: false },
          // A label at the very end would be cut. The size in the document is not known yet when a chart is drawn for the first time.
          values: (u, splits, _axis, _space, step) => splits.map((t) => (u.valToPos(t, "x") > u.bbox.width / uPlot.pxRatio - 8 ? "" : formatTimeTick(t, step))),
        },
        {
          stroke: label,
          font: labelFont,
          size: axisWidth,
          gap: 6,
          grid: { stroke: grid, width: 1 },
          ticks: { show: false },
          splits: () => this.axis.ticks,
          values: (_u, splits) => {
            const step = splits.length > 1 ? (splits[1]! - splits[0]!) / this.display.divisor : 1;
            return splits.map((v) => formatTick(v / this.display.divisor, step));
          },
        },
      ],
      cursor: {
        y: false,
        points: { show: !this.stacked, size: 6, width: 1 },
        drag: { x: true, y: false, setScale: false, dist: 4 },
        bind: {
          mousedown: (_u, _target, handle) => (e) => (pans(e) ? null : handle(e)),
          dblclick: () => () => (opts.onReset(), null),
        },
      },
      hooks: {
        drawAxes: [() => this.drawBands()],
        draw: [() => this.drawMarks()],
        setCursor: [
          (u) => {
            if (!this.hovered) return;
            const left = u.cursor.left ?? -10;
            const time = left < 0 ? null : u.posToVal(left, "x");
            this.showTime(time, left);
            opts.onHover(time);
          },
        ],
        setSelect: [
          (u) => {
            if (u.select.width < 4) return;
            const after = u.posToVal(u.select.left, "x");
            const before = u.posToVal(u.select.left + u.select.width, "x");
            u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            opts.onSelect(after, before);
          },
        ],
      },
    };
  }

  private layOut(): uPlot.Range.MinMax {
    const { low, high } = this;
    const scale = scaleFor(this.opts.units, Math.max(Math.abs(low), Math.abs(high)));
    this.axis = valueAxis(low, high, scale.divisor, this.filled);
    const decimals = decimalsFor(Math.max(Math.abs(this.axis.min), Math.abs(this.axis.max)) / scale.divisor);
    const { label, divisor, decimals: before } = this.display;
    if (scale.label !== label || scale.divisor !== divisor || decimals !== before) {
      this.display = { ...scale, decimals };
      this.opts.onDisplay(this.display);
    }
    return [this.axis.min, this.axis.max];
  }

  /** Names the time at the cursor line of the chart under the pointer. */
  private showTime(time: number | null, left: number): void {
    this.tag.hidden = time === null;
    if (time === null) return;
    this.tag.textContent = formatClock(time);
    const half = 30; // px, about half its width: it stays inside the chart
    this.tag.style.transform = `translateX(${Math.max(half, Math.min(this.u.over.clientWidth - half, left))}px) translateX(-50%)`;
  }

  private listen(): void {
    const { over } = this.u;
    const { opts } = this;
    this.tag.className = "time-tag";
    this.tag.hidden = true;
    over.append(this.tag);
    over.addEventListener("mouseenter", () => (this.hovered = true));
    over.addEventListener("mouseleave", () => {
      this.hovered = false;
      this.showTime(null, 0);
      opts.onHover(null);
    });
    over.addEventListener("mousedown", (e) => {
      if (e.button !== 0 || pans(e)) return;
      opts.onDrag(true);
      addEventListener("mouseup", () => opts.onDrag(false), { once: true });
    });
    const span = () => this.u.scales["x"]!.max! - this.u.scales["x"]!.min!;
    listenForGestures(over, {
      onPan: (share) => opts.onPan(-share * span()),
      onZoom: (factor, share) => opts.onZoom(factor, this.u.scales["x"]!.min! + share * span()),
      onGrab: (active) => over.classList.toggle("grabbed", active),
    });
  }
}

/** The least pixels between two labels of a time axis that is so wide: narrow ones would have one label at most. */
function timeSpace(width: number): number {
  return width < 420 ? 52 : 70;
}

/** The smallest and the largest value of columns; zero when there is none. */
export function extent(columns: readonly Cell[][]): [low: number, high: number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const column of columns) {
    for (const v of column) {
      if (v === null) continue;
      if (v < low) low = v;
      if (v > high) high = v;
    }
  }
  return low <= high ? [low, high] : [0, 0];
}
