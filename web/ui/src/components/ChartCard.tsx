import type { ComponentChildren, JSX } from "preact";
import { useComputed, useSignal, type Signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Alarm } from "../api/alarms";
import { messageOf } from "../api/client";
import type { Chart } from "../api/types";
import { csvOf, pngOf, save } from "../chart/export";
import { formatDateTime } from "../chart/format";
import { legendOrders, type LegendOrder } from "../chart/legendorder";
import type { Display } from "../chart/plot";
import { scaleFor } from "../chart/units";
import { alertHref } from "../state/alerts";
import type { ChartModel } from "../state/chart";
import type { ChartSession } from "../state/chartsession";
import { theme } from "../state/theme";
import { toast } from "../state/toasts";
import { Button } from "./Button";
import { ChartLegend, legendRow, valuesAt } from "./ChartLegend";
import { drawChart, type Drawing } from "./chartdrawing";
import { useInView } from "./inview";
import { Menu, type MenuItem } from "./Menu";
import { Status } from "./Status";

/** The chart that fills the screen, "" for none. */
export type FullScreen = Signal<string>;

/** What a page adds to a chart. */
export interface ChartExtras {
  /** What the page calls the chart, its id if nothing else. */
  place?: string;
  title?: string;
  /** What stands below the title. */
  origin?: ComponentChildren;
  /** What stands before the title. */
  handle?: ComponentChildren;
  /** Commands of the page, beside those of the chart. */
  tools?: ComponentChildren;
  /** More commands, by the dimensions that are shown. */
  commands?: (shown: () => string[]) => readonly MenuItem[];
}

interface Props extends ChartExtras {
  session: ChartSession;
  chart: Chart;
  full: FullScreen;
  /** Another card of the page, of the same place, fills the screen for this one. */
  second?: boolean;
  /** What stands over the plot. */
  children?: ComponentChildren;
}

/** What a card knows while its chart is drawn. */
interface Drawn {
  model: ChartModel;
  drawing: Drawing;
}

/** One chart of a host page. Out of view it is an empty box of the same height: nothing is asked for or drawn. */
export function ChartCard({ session, chart, full, second = false, place = chart.id, title = chart.title, origin, handle, tools, commands, children }: Props): JSX.Element {
  const card = useRef<HTMLElement>(null);
  const inView = useInView(card);
  const display = useSignal<Display>({ ...scaleFor(chart.units, 0), decimals: 0 });
  const order = useSignal<LegendOrder>("sent");
  const drawn = useSignal<Drawn | null>(null);
  const isFull = useComputed(() => full.value === place).value && !second;
  const alarms = useComputed(() => session.alarms.value.get(chart.id)).value;
  const worst = raised(alarms);
  return (
    <article class={`card chart${isFull ? " full" : ""}${worst ? ` ${worst.status.toLowerCase()}` : ""}`} ref={card} data-chart={chart.id} aria-label={title}>
      <header>
        {handle}
        <h4 title={title}>{title}</h4>
        {worst && <AlarmMark alarms={alarms!} host={session.host.value?.guid ?? session.name} />}
        <span class="units">{inView ? display.value.label : ""}</span>
        {inView && <Tools session={session} chart={chart} place={place} commands={commands} drawn={drawn} order={order} display={display} full={full} />}
        {tools && <div class="panel-tools">{tools}</div>}
      </header>
      <p class="origin" title={`${chart.id} · ${chart.context}`}>
        {origin ?? chart.id}
        {!origin && chart.context !== chart.id && <span> · {chart.context}</span>}
      </p>
      {inView && <Body session={session} chart={chart} display={display} order={order} drawn={drawn} over={children} />}
    </article>
  );
}

/** The worst alert that is raised. */
export function raised(alarms: readonly Alarm[] | undefined): Alarm | undefined {
  return alarms?.find((a) => a.status === "CRITICAL" || a.status === "WARNING");
}

function AlarmMark({ alarms, host }: { alarms: readonly Alarm[]; host: string }): JSX.Element {
  const up = alarms.filter((a) => a.status === "CRITICAL" || a.status === "WARNING");
  const [first] = up;
  const text = up.map((a) => `${a.status.toLowerCase()}: ${a.name} ${a.value}, since ${formatDateTime(a.changed)}${a.silenced ? ", silenced" : ""}\n${a.info}`).join("\n\n");
  return (
    <a class="alarm-mark" href={alertHref({ guid: host, chart: first!.chart, name: first!.name })} title={text}>
      <Status tone={first!.status === "CRITICAL" ? "critical" : "warning"}>
        <b>{first!.name}</b>
        <span class="figure">
          {first!.value}
          {up.length > 1 && ` +${up.length - 1}`}
        </span>
      </Status>
    </a>
  );
}

interface ToolsProps {
  session: ChartSession;
  chart: Chart;
  full: FullScreen;
  place: string;
  commands: ChartExtras["commands"];
  drawn: Signal<Drawn | null>;
  order: Signal<LegendOrder>;
  display: Signal<Display>;
}

/** The commands of one chart. */
function Tools({ session, chart, place, commands, drawn, order, display, full }: ToolsProps): JSX.Element {
  const isFull = full.value === place;
  const shown = () => {
    const model = drawn.peek()?.model;
    return (model?.series.dimensions ?? chart.dimensions).map((d) => d.id).filter((id) => !model?.hidden.peek().has(id));
  };
  const name = (ending: string) => `${session.host.peek()?.hostname ?? session.name}-${chart.id}-${new Date(session.view.peek().before * 1000).toISOString().slice(0, 19)}.${ending}`;
  const csv = () => {
    const model = drawn.peek()?.model;
    if (model) save(name("csv"), new Blob([csvOf(model.series, session.view.peek())], { type: "text/csv" }));
  };
  const png = async () => {
    const { model, drawing } = drawn.peek() ?? {};
    const canvas = drawing?.canvas();
    if (!model || !canvas) return;
    const values = valuesAt(model, legendRow(session, model));
    const { divisor, label } = display.peek();
    const dimensions = model.series.dimensions
      .map((dimension, index) => ({ dimension, index: dimension.place ?? index, value: values[index] == null ? null : values[index] / divisor }))
      .filter(({ dimension }) => !model.hidden.peek().has(dimension.id));
    const host = session.host.peek()?.hostname ?? session.name;
    save(name("png"), await pngOf({ title: `${host}: ${chart.title}`, units: label, canvas, window: session.view.peek(), dimensions, theme: theme.peek() }));
  };
  return (
    <div class="chart-tools">
      <Button kind="quiet" icon={isFull ? "close" : "full"} aria-label={isFull ? "leave full screen" : "full screen"} aria-pressed={isFull} onClick={() => (full.value = isFull ? "" : place)} />
      <Menu
        label="more"
        icon="more"
        items={[
          ...legendOrders.map((o) => ({ label: o.label, checked: order.value === o.order, onSelect: () => (order.value = o.order) })),
          { label: "Save as CSV", icon: "download", onSelect: csv },
          { label: "Save as PNG", icon: "download", onSelect: () => void png().catch((err: unknown) => toast(messageOf(err), "critical")) },
          ...(commands?.(shown) ?? []),
        ]}
      />
    </div>
  );
}

interface BodyProps {
  session: ChartSession;
  chart: Chart;
  display: Signal<Display>;
  order: Signal<LegendOrder>;
  drawn: Signal<Drawn | null>;
  over: ComponentChildren;
}

function Body({ session, chart, display, order, drawn, over }: BodyProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const [model, setModel] = useState<ChartModel | null>(null);
  useEffect(() => {
    const entered = session.enter(chart, box.current!.clientWidth);
    const drawing = drawChart(box.current!, session, entered, display);
    setModel(entered);
    drawn.value = { model: entered, drawing };
    return () => {
      drawn.value = null;
      drawing.stop();
      session.leave(entered);
    };
  }, [session, chart, display, drawn]);
  return (
    <>
      <div class="plot">
        <div class="canvas" ref={box} role="img" aria-label={`${chart.title}, ${display.value.label}`} />
        {model && <Overlay session={session} model={model} />}
        {over}
      </div>
      {model && <ChartLegend session={session} model={model} display={display} order={order} />}
    </>
  );
}

/** What is written across a chart that has nothing to draw. */
function Overlay({ session, model }: { session: ChartSession; model: ChartModel }): JSX.Element | null {
  const text = useComputed(() => {
    void [model.loads.value, model.revision.value];
    const { after, before } = session.view.value;
    const { times } = model.series;
    const empty = times.length === 0 || times.at(-1)! < after || times[0]! - model.series.step > before;
    if (model.status.value === "error") return empty ? "could not be read" : "";
    if (!empty) return "";
    return model.status.value === "loading" ? "loading" : "no data in this time";
  }).value;
  if (text === "") return null;
  return text === "loading" ? <div class="overlay loading" role="img" aria-label="loading" /> : <div class="overlay">{text}</div>;
}
