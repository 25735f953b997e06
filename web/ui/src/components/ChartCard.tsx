import type { JSX } from "preact";
import { useComputed, useSignal, type Signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Chart } from "../api/types";
import type { Display } from "../chart/plot";
import { scaleFor } from "../chart/units";
import type { ChartModel } from "../state/chart";
import type { HostSession } from "../state/host";
import { drawChart } from "./drawing";
import { useInView } from "./inview";
import { Legend } from "./Legend";

/** One chart of a host page. Out of view it is an empty box of the same height: nothing is asked for or drawn. */
export function ChartCard({ session, chart }: { session: HostSession; chart: Chart }): JSX.Element {
  const card = useRef<HTMLElement>(null);
  const inView = useInView(card);
  const display = useSignal<Display>({ ...scaleFor(chart.units, 0), decimals: 0 });
  return (
    <article class="card chart" ref={card} data-chart={chart.id} aria-label={chart.title}>
      <header>
        <h4 title={chart.title}>{chart.title}</h4>
        <span class="units">{inView ? display.value.label : ""}</span>
      </header>
      <p class="origin" title={`${chart.id} · ${chart.context}`}>
        {chart.id}
        {chart.context !== chart.id && <span> · {chart.context}</span>}
      </p>
      {inView && <Drawing session={session} chart={chart} display={display} />}
    </article>
  );
}

function Drawing({ session, chart, display }: { session: HostSession; chart: Chart; display: Signal<Display> }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const [model, setModel] = useState<ChartModel | null>(null);
  useEffect(() => {
    const entered = session.enter(chart, box.current!.clientWidth);
    const stop = drawChart(box.current!, session, entered, display);
    setModel(entered);
    return () => {
      stop();
      session.leave(entered);
    };
  }, [session, chart, display]);
  return (
    <>
      <div class="plot">
        <div class="canvas" ref={box} role="img" aria-label={`${chart.title}, ${display.value.label}`} />
        {model && <Overlay session={session} model={model} />}
      </div>
      {model && <Legend session={session} model={model} display={display} />}
    </>
  );
}

/** What is written across a chart that has nothing to draw. */
function Overlay({ session, model }: { session: HostSession; model: ChartModel }): JSX.Element | null {
  const text = useComputed(() => {
    void [model.loads.value, model.revision.value];
    const { after, before } = session.view.value;
    const { times } = model.series;
    const empty = times.length === 0 || times.at(-1)! < after || times[0]! > before;
    if (model.status.value === "error") return "could not be read";
    if (!empty) return "";
    return model.status.value === "loading" ? "loading" : "no data in this time";
  }).value;
  if (text === "") return null;
  return text === "loading" ? <div class="overlay loading" aria-label="loading" /> : <div class="overlay">{text}</div>;
}
