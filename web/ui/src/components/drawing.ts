import { effect, type Signal } from "@preact/signals";
import { Plot, type Display } from "../chart/plot";
import { firstAfter } from "../chart/series";
import type { ChartModel } from "../state/chart";
import type { HostSession } from "../state/host";
import { theme } from "../state/theme";

/**
 * Keeps a plot of `model` drawn in `box` until the returned function is called: at every change of the window, the rows, the
 * dimensions shown, the theme or the size, in turn with the other charts of the page.
 */
export function drawChart(box: HTMLElement, session: HostSession, model: ChartModel, display: Signal<Display>): () => void {
  const { frames, range } = session;
  const { chart, series } = model;
  let plot: Plot | null = null;
  let drawnDimensions = 0;
  let drawnTheme = theme.peek();
  let height = box.clientHeight;

  const create = () =>
    new Plot(box, {
      chartType: chart.chartType,
      units: chart.units,
      dimensions: drawnDimensions,
      width: model.width,
      height,
      theme: () => theme.peek(),
      onHover: (time) => (range.cursor.value = time),
      onSelect: (after, before) => range.select(after, before),
      onDrag: (active) => session.hold(active),
      onReset: () => range.live(),
      onZoom: (factor, time) => range.zoom(factor, time),
      onDisplay: (d) => (display.value = d),
    });

  const draw = () => {
    if (plot && drawnDimensions !== series.dimensions.length) {
      plot.destroy();
      plot = null;
    }
    drawnDimensions = series.dimensions.length;
    plot ??= create();
    plot.resize(model.width, height);
    const window = session.view.peek();
    const from = Math.max(0, firstAfter(series.times, window.after) - 1);
    const to = firstAfter(series.times, window.before) + 1;
    const hidden = model.hidden.peek();
    plot.update(
      series.times.slice(from, to),
      series.columns.map((c) => c.slice(from, to)),
      (i) => hidden.has(series.dimensions[i]!.id),
      window,
    );
    if (drawnTheme !== theme.peek()) {
      drawnTheme = theme.peek();
      plot.redraw();
    }
    moveCursor();
  };
  const moveCursor = () => plot?.setCursor(range.cursor.peek());

  const resized = new ResizeObserver((entries) => {
    const size = entries.at(-1)!.contentRect;
    const width = Math.floor(size.width);
    if (width === 0 || (width === model.width && size.height === height)) return;
    model.width = width;
    height = size.height;
    frames.add(draw);
  });
  resized.observe(box);

  const stops = [
    effect(() => {
      void [session.view.value, model.loads.value, model.dimensions.value, model.hidden.value, theme.value];
      frames.add(draw);
    }),
    effect(() => {
      void range.cursor.value;
      frames.add(moveCursor);
    }),
  ];
  return () => {
    stops.forEach((stop) => stop());
    frames.remove(draw);
    frames.remove(moveCursor);
    resized.disconnect();
    plot?.destroy();
  };
}
