import type { JSX } from "preact";
import { effect, type Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { formatNumber } from "../chart/format";
import { dimensionColor } from "../chart/palette";
import type { Display } from "../chart/plot";
import { firstAfter } from "../chart/series";
import type { ChartModel } from "../state/chart";
import type { HostSession } from "../state/host";
import { theme } from "../state/theme";

/** The row whose values a legend shows: the one under the cursor, else the newest on the screen; -1 for none. */
function legendRow(session: HostSession, model: ChartModel): number {
  const { series } = model;
  const cursor = session.range.cursor.peek();
  if (cursor !== null) return series.rowAt(cursor);
  const { before } = session.view.peek();
  const live = session.range.signal.peek().kind === "live";
  const last = live ? series.length - 1 : firstAfter(series.times, before) - 1;
  return last >= 0 && before - series.times[last]! < 10 + 3 * series.step ? last : -1;
}

/**
 * The dimensions of a chart with their values. A row switches its dimension. The values change every second on every chart,
 * so they are written into the document directly instead of being rendered.
 */
export function Legend({ session, model, display }: { session: HostSession; model: ChartModel; display: Signal<Display> }): JSX.Element {
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    const write = () => {
      const cells = list.current?.getElementsByTagName("output");
      if (!cells) return;
      const row = legendRow(session, model);
      const { divisor, decimals } = display.peek();
      model.series.columns.forEach((column, i) => {
        const v = row < 0 ? null : column[row];
        const text = formatNumber(v == null ? null : v / divisor, decimals);
        const cell = cells[i];
        if (cell && cell.textContent !== text) cell.textContent = text;
      });
    };
    const stop = effect(() => {
      void [model.revision.value, model.loads.value, model.dimensions.value, session.range.cursor.value, session.range.value, display.value];
      session.frames.add(write);
    });
    return () => {
      stop();
      session.frames.remove(write);
    };
  }, [session, model, display]);

  void model.dimensions.value; // rows are rendered again when one is added
  const hidden = model.hidden.value;
  const colors = theme.value;
  return (
    <ul class="legend" ref={list}>
      {model.series.dimensions.map((d, i) => (
        <li key={d.id}>
          <button
            type="button"
            aria-pressed={!hidden.has(d.id)}
            title={d.name === d.id ? d.name : `${d.name} (${d.id})`}
            onClick={(e) => (e.shiftKey ? model.isolate(d.id) : model.toggle(d.id))}
          >
            <span class="swatch" style={{ background: dimensionColor(colors, i) }} aria-hidden="true" />
            <span class="name">{d.name}</span>
            <output aria-live="off">–</output>
          </button>
        </li>
      ))}
    </ul>
  );
}
