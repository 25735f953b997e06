import type { JSX } from "preact";
import "uplot/dist/uPlot.min.css";
import "../styles/host.css";
import "../styles/explore.css";
import { effect } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { useKeys } from "../components/keys";
import { RangeBar } from "../components/RangeBar";
import { Tabs } from "../components/Tabs";
import { TopBar } from "../components/TopBar";
import { presets, usualSpan } from "../state/range";
import { parameters, setParameters } from "../state/router";
import { ComparePanel } from "./explore/ComparePanel";
import { HeatPanel } from "./explore/HeatPanel";
import { MetricsPanel } from "./explore/MetricsPanel";
import { PromqlPanel } from "./explore/PromqlPanel";
import { ExploreSession } from "./explore/session";
import { readExplore, writeExplore, type Mode } from "./explore/view";

const span = 3 * usualSpan; // s shown when nobody asked for others
const rest = 250; // ms the view rests before the address follows

const tabs: readonly { id: Mode; label: string }[] = [
  { id: "metrics", label: "Metrics" },
  { id: "heat", label: "Heat map" },
  { id: "compare", label: "Side by side" },
  { id: "promql", label: "PromQL" },
];

const panels: Record<Mode, (props: { session: ExploreSession }) => JSX.Element> = { metrics: MetricsPanel, heat: HeatPanel, compare: ComparePanel, promql: PromqlPanel };

/** Any metric of any hosts: grouped, compared, or asked for in PromQL. */
export function ExplorePage(): JSX.Element {
  const session = useMemo(() => {
    const s = new ExploreSession();
    s.view.value = readExplore(parameters.peek());
    if (s.view.peek().range) s.range.set(s.view.peek().range!);
    return s;
  }, []);
  useEffect(() => () => session.close(), [session]);
  useEffect(() => {
    document.title = "Explore – foster";
  }, []);
  useExploreAddress(session);
  const { range } = session;
  useKeys({
    " ": () => range.togglePause(),
    Escape: () => range.live(),
    ArrowLeft: () => range.pan(-0.5),
    ArrowRight: () => range.pan(0.5),
    "+": () => range.zoom(0.5),
    "-": () => range.zoom(2),
    ...Object.fromEntries(presets.map((p, i) => [String(i + 1), () => range.live(p.span)])),
  });
  const { mode } = session.view.value;
  const Panel = panels[mode];
  return (
    <>
      <TopBar title="Explore">
        <RangeBar session={session} />
      </TopBar>
      <main class="page explore">
        <Tabs label="ways to look" tabs={tabs} selected={mode} onSelect={(id) => session.change({ mode: id })} controls="panel" />
        <div id="panel" role="tabpanel" aria-label={tabs.find((t) => t.id === mode)!.label}>
          <Panel key={mode} session={session} />
        </div>
      </main>
    </>
  );
}

/** Keeps the address and what the page shows the same, whichever of them changes. */
function useExploreAddress(session: ExploreSession): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const now = () => ({ ...session.view.peek(), range: session.range.signal.peek() });
    const stops = [
      effect(() => {
        const wanted = readExplore(parameters.value);
        if (JSON.stringify(writeExplore(wanted, span)) === JSON.stringify(writeExplore(now(), span))) return;
        session.range.set(wanted.range ?? { kind: "live", span });
        session.mistyped.value = null;
        session.view.value = wanted;
      }),
      effect(() => {
        void [session.view.value, session.range.value];
        clearTimeout(timer);
        timer = setTimeout(() => setParameters(writeExplore(now(), span)), rest);
      }),
    ];
    return () => {
      clearTimeout(timer);
      stops.forEach((stop) => stop());
    };
  }, [session]);
}
