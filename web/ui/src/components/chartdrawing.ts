import { computed, effect, type Signal } from "@preact/signals";
import { Plot, type Display } from "../chart/plot";
import { firstAfter } from "../chart/series";
import type { ChartModel } from "../state/chart";
import type { ChartSession } from "../state/chartsession";
import { theme } from "../state/theme";
import { thresholdsOf } from "../state/thresholds";

/** A chart that is kept drawn. */
export interface Drawing {
  /** The picture as it is, null before the first drawing. */
  canvas(): HTMLCanvasElement | null;
  stop(): void;
}

/**
 * Keeps a plot of `model` drawn in `box`: at every change of the window, the rows, the dimensions shown, the thresholds, the
 * theme or the size, in turn with the other charts of the page.
 */
export function drawChart(box: HTMLElement, session: ChartSession, model: ChartModel, display: Signal<Display>): Drawing {
  const { frames, range } = session;
  const { chart, series } = model;
  let plot: Plot | null = null;
  let drawnDimensions = 0;
  let drawnTheme = theme.peek();
  let width = box.clientWidth;
  let height = box.clientHeight;

  // Alerts are read again and again, and their limits hardly ever change.
  const limits = computed(() => JSON.stringify((session.alarms.value.get(chart.id) ?? []).flatMap((a) => thresholdsOf(a, chart.units))));
  const thresholds = computed(() => JSON.parse(limits.value) as ReturnType<typeof thresholdsOf>);

  const create = () =>
    new Plot(box, {
      chartType: chart.chartType,
      units: chart.units,
      dimensions: drawnDimensions,
      width,
      height,
      theme: () => theme.peek(),
      place: (i) => series.dimensions[i]?.place ?? i,
      onHover: (time) => range.point(time),
      onSelect: (after, before) => range.select(after, before),
      onDrag: (active) => session.hold(active),
      onReset: () => range.live(),
      onZoom: (factor, time) => range.zoom(factor, time),
      onPan: (seconds) => range.shift(seconds),
      onDisplay: (d) => (display.value = d),
    });

  const draw = () => {
    if (plot && drawnDimensions !== series.dimensions.length) {
      plot.destroy();
      plot = null;
    }
    drawnDimensions = series.dimensions.length;
    plot ??= create();
    plot.resize(width, height);
    const window = session.view.peek();
    const from = Math.max(0, firstAfter(series.times, window.after) - 1);
    const to = firstAfter(series.times, window.before) + 1;
    const cut = <T>(column: readonly T[]) => column.slice(from, to);
    const { times, columns, band, anomalies, step } = series;
    const hidden = model.hidden.peek();
    plot.update(
      { times: cut(times), columns: columns.map(cut), band: band && { low: band.low.map(cut), high: band.high.map(cut) }, anomalies: cut(anomalies), step },
      (i) => hidden.has(series.dimensions[i]!.id),
      window,
      thresholds.peek(),
    );
    if (drawnTheme !== theme.peek()) {
      drawnTheme = theme.peek();
      plot.redraw();
    }
    moveCursor();
  };
  const moveCursor = () => plot?.setCursor(range.cursor.peek(), range.keyed.peek());

  const resized = new ResizeObserver((entries) => {
    const size = entries.at(-1)!.contentRect;
    const w = Math.floor(size.width);
    if (w === 0 || (w === width && size.height === height)) return;
    // Many more pixels show rows that were not asked for.
    const sharper = w > 1.5 * model.width;
    width = w;
    height = size.height;
    model.width = Math.max(model.width, w);
    if (sharper) session.refine(model);
    frames.add(draw);
  });
  resized.observe(box);

  const stops = [
    effect(() => {
      void [session.view.value, model.loads.value, model.dimensions.value, model.hidden.value, thresholds.value, theme.value];
      frames.add(draw);
    }),
    effect(() => {
      void [range.cursor.value, range.keyed.value];
      frames.add(moveCursor);
    }),
    effect(() => {
      void model.hidden.value;
      session.keepHidden(model);
    }),
  ];
  return {
    canvas: () => plot?.canvas ?? null,
    stop: () => {
      stops.forEach((stop) => stop());
      frames.remove(draw);
      frames.remove(moveCursor);
      resized.disconnect();
      plot?.destroy();
    },
  };
}
