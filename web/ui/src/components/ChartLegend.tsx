import type { JSX } from "preact";
import { effect, useSignal, type ReadonlySignal, type Signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { formatNumber } from "../chart/format";
import { fits, orderOf, type LegendOrder } from "../chart/legendorder";
import { dimensionColor } from "../chart/palette";
import type { Display } from "../chart/plot";
import { firstAfter } from "../chart/series";
import type { Cell } from "../api/types";
import type { ChartModel } from "../state/chart";
import type { ChartSession } from "../state/chartsession";
import { theme } from "../state/theme";
import { Icon } from "./icons";

const reorderEvery = 3000; // ms: rows that change places all the time cannot be read

/** The row whose values a legend shows: the one under the cursor, else the newest on the screen; -1 for none. */
export function legendRow(session: ChartSession, model: ChartModel): number {
  const { series } = model;
  const cursor = session.range.cursor.peek();
  if (cursor !== null) return series.rowAt(cursor);
  const { before } = session.view.peek();
  const live = session.range.signal.peek().kind === "live";
  const last = live ? series.length - 1 : firstAfter(series.times, before) - 1;
  return last >= 0 && before - series.times[last]! < 10 + 3 * series.step ? last : -1;
}

/** The values of a row, by dimension. */
export function valuesAt(model: ChartModel, row: number): Cell[] {
  return model.series.columns.map((c) => (row < 0 ? null : (c[row] ?? null)));
}

interface Props {
  session: ChartSession;
  model: ChartModel;
  display: Signal<Display>;
  order: ReadonlySignal<LegendOrder>;
}

/**
 * The dimensions of a chart with their values. A row switches its dimension, and shows it alone with Shift or a double click.
 * The values change every second on every chart, so they are written into the document directly instead of being rendered.
 */
export function ChartLegend({ session, model, display, order }: Props): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const room = useSignal(Infinity); // names
  const open = useSignal(0); // px that the place of the legend is high while all of it lies over the plot, 0 when it does not
  useLayoutEffect(() => {
    const measure = () => {
      const style = getComputedStyle(list.current!);
      const columns = style.gridTemplateColumns.split(" ").length;
      room.value = columns * (Number(style.getPropertyValue("--legend-rows")) || 3);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(box.current!);
    const card = box.current!.parentElement; // full screen, or as high as a dashboard says
    if (card) observer.observe(card);
    return () => observer.disconnect();
  }, [room]);
  const places = useSignal<readonly number[]>([]);
  const hiddenBefore = useRef<ReadonlySet<string>>(new Set());
  useEffect(() => {
    let ordered = 0;
    let orderedBy: LegendOrder = "sent";
    const arrange = (row: number) => {
      const by = order.peek();
      const grown = places.peek().length !== model.series.dimensions.length;
      const stale = by === "value" && performance.now() - ordered > reorderEvery && !list.current?.matches(":hover, :focus-within");
      if (!grown && by === orderedBy && !stale) return;
      ordered = performance.now();
      orderedBy = by;
      const next = orderOf(by, model.series.dimensions.map((d) => d.name), valuesAt(model, row));
      if (next.join() !== places.peek().join()) places.value = next;
    };
    const write = () => {
      const row = legendRow(session, model);
      arrange(row);
      const cells = list.current?.getElementsByTagName("output");
      if (!cells) return;
      const { divisor, decimals } = display.peek();
      const shown = places.peek();
      for (let i = 0; i < cells.length; i++) {
        const v = row < 0 ? null : model.series.columns[shown[i] ?? i]?.[row];
        const text = formatNumber(v == null ? null : v / divisor, decimals);
        const cell = cells[i]!;
        if (cell.textContent !== text) cell.textContent = text;
      }
    };
    const stop = effect(() => {
      void [model.revision.value, model.loads.value, model.dimensions.value, session.range.cursor.value, session.range.value, display.value, order.value, places.value];
      session.frames.add(write);
    });
    return () => {
      stop();
      session.frames.remove(write);
    };
  }, [session, model, display, order, places]);

  const click = (id: string, e: MouseEvent) => {
    if (e.detail === 2) model.hidden.value = hiddenBefore.current; // the first click of the two is taken back
    else hiddenBefore.current = model.hidden.peek();
    if (e.shiftKey || e.detail === 2) model.isolate(id);
    else model.toggle(id);
  };
  void model.dimensions.value; // rows are rendered again when one is added
  const hidden = model.hidden.value;
  const colors = theme.value;
  const { dimensions } = model.series;
  const shown = places.value.length === dimensions.length ? places.value : dimensions.map((_, i) => i);
  const visible = fits(dimensions.length, room.value);
  const more = dimensions.length - visible;
  const all = open.value > 0 && more > 0;
  return (
    <div class="legend-box" ref={box} style={all ? { height: `${open.value}px` } : undefined}>
      <ul class={all ? "legend all" : "legend"} ref={list}>
        {shown.map((i, at) => {
          const d = dimensions[i]!;
          return (
            <li key={d.id} hidden={!all && at >= visible}>
              <button
                type="button"
                aria-pressed={!hidden.has(d.id)}
                title={`${d.name === d.id ? d.name : `${d.name} (${d.id})`}\nclick: off and on; with shift, or double: this one alone`}
                onClick={(e) => click(d.id, e)}
              >
                <span class="swatch" style={{ background: dimensionColor(colors, d.place ?? i) }} aria-hidden="true" />
                <span class="name">{d.name}</span>
                <output aria-live="off">–</output>
              </button>
            </li>
          );
        })}
        {more > 0 && (
          <li key=" more">
            <button type="button" class="more" aria-expanded={all} onClick={() => (open.value = all ? 0 : box.current!.clientHeight)}>
              {all ? "fewer" : `${more} more`}
              <Icon name="chevron" />
            </button>
          </li>
        )}
      </ul>
    </div>
  );
}
