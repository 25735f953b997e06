import type { JSX } from "preact";
import { effect, useSignal, type ReadonlySignal, type Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Plot, type Display } from "../../chart/plot";
import { firstAfter } from "../../chart/series";
import { scaleFor } from "../../chart/units";
import { theme } from "../../state/theme";
import type { Window } from "../../state/range";
import type { Lines } from "./data";
import type { ExploreSession } from "./session";

interface Props {
  session: ExploreSession;
  lines: ReadonlySignal<Lines | null>;
  window: ReadonlySignal<Window>;
  hidden: ReadonlySignal<ReadonlySet<string>>;
  /** Units when the answer says none. */
  units?: string;
  stacked: boolean;
  label: string;
  height: number;
  display?: Signal<Display>;
  /** Values that the axis reaches at least. */
  alike?: ReadonlySignal<readonly [number, number]>;
}

/** Lines over time, with the page's cursor and range. */
export function LinesChart({ session, lines, window, hidden, units = "", stacked, label, height, display, alike }: Props): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const own = useSignal<Display>({ ...scaleFor(units, 0), decimals: 0 });
  const shown = display ?? own;
  useEffect(() => {
    const { range, frames } = session;
    let plot: Plot | null = null;
    let made = "";
    let drawnTheme = theme.peek();
    let width = box.current!.clientWidth;
    const draw = () => {
      const l = lines.peek();
      if (!l) return;
      const key = `${l.lines.length} ${l.units}`;
      if (plot && key !== made) {
        plot.destroy();
        plot = null;
      }
      made = key;
      plot ??= new Plot(box.current!, {
        chartType: stacked ? "stacked" : "line",
        units: l.units || units,
        dimensions: l.lines.length,
        width,
        height,
        theme: () => theme.peek(),
        onHover: (time) => range.point(time),
        onSelect: (a, b) => range.select(a, b),
        onDrag: () => undefined,
        onReset: () => range.live(),
        onZoom: (factor, time) => range.zoom(factor, time),
        onPan: (seconds) => range.shift(seconds),
        onDisplay: (d) => (shown.value = d),
      });
      plot.resize(width, height);
      // A range that was moved shows where it is at once; its rows come with the next answer.
      const fixed = range.signal.peek().kind === "fixed";
      const w = fixed ? range.window() : window.peek();
      const from = Math.max(0, firstAfter(l.times, w.after) - 1);
      const to = firstAfter(l.times, w.before) + 1;
      const off = hidden.peek();
      plot.update({ times: l.times.slice(from, to), columns: l.lines.map((s) => s.column.slice(from, to)), band: null, anomalies: [], step: l.step, alike: alike?.peek() }, (i) => off.has(l.lines[i]!.id), w, []);
      if (drawnTheme !== theme.peek()) {
        drawnTheme = theme.peek();
        plot.redraw();
      }
    };
    const cursor = () => plot?.setCursor(range.cursor.peek());
    const resized = new ResizeObserver(() => {
      const w = box.current?.clientWidth ?? 0;
      if (w === 0 || w === width) return;
      width = w;
      frames.add(draw);
    });
    resized.observe(box.current!);
    const stops = [
      effect(() => {
        void [lines.value, window.value, hidden.value, theme.value, range.value, alike?.value];
        frames.add(draw);
      }),
      effect(() => {
        void range.cursor.value;
        frames.add(cursor);
      }),
    ];
    return () => {
      stops.forEach((stop) => stop());
      frames.remove(draw);
      frames.remove(cursor);
      resized.disconnect();
      plot?.destroy();
    };
  }, [session, lines, window, hidden, units, stacked, height, shown, alike]);
  return <div class="lines-canvas" ref={box} role="img" aria-label={label} style={{ height: `${height}px` }} />;
}
