import type { ComponentChildren, JSX } from "preact";
import type { Panel } from "../../api/dashboards";
import { ChartCard, type FullScreen } from "../../components/ChartCard";
import { hostHref } from "../../state/hosts";
import { navigate } from "../../state/router";
import type { PanelSession } from "../../state/board";

interface Props {
  session: PanelSession;
  panel: Panel;
  full: FullScreen;
  handle: ComponentChildren;
  tools: ComponentChildren;
}

/** One chart of a dashboard, or why there is none. */
export function PanelCard({ session, panel, full, handle, tools }: Props): JSX.Element {
  const chart = session.chart.value;
  const host = session.host.value;
  if (chart && chart.dimensions.length > 0 && host) {
    const href = `${hostHref(host)}?full=${encodeURIComponent(chart.id)}`;
    return (
      <ChartCard
        session={session}
        chart={chart}
        full={full}
        place={panel.id}
        title={panel.title || chart.title}
        handle={handle}
        tools={tools}
        origin={
          <>
            <a href={hostHref(host)}>{host.hostname}</a>
            {host.state !== "live" && <span class={`panel-state ${host.state}`}> {host.state}</span>} · {chart.id}
          </>
        }
        commands={() => [{ label: "Open on the page of its host", icon: "explore", onSelect: () => navigate(href) }]}
      />
    );
  }
  const title = panel.title || panel.chart;
  return (
    <article class={`card chart missing${chart === undefined ? " waiting" : ""}`} aria-label={title} data-chart={panel.chart}>
      <header>
        {handle}
        <h4 title={title}>{title}</h4>
        {tools && <div class="panel-tools">{tools}</div>}
      </header>
      <p class="origin">
        {host?.hostname ?? panel.hostname} · {panel.chart}
      </p>
      {chart !== undefined && <p class="panel-none">{why(panel, host !== null, chart !== null)}</p>}
    </article>
  );
}

function why(panel: Panel, knowsHost: boolean, knowsChart: boolean): string {
  if (!knowsHost) return `There is no host ${panel.hostname} here: it was removed, or has not streamed to this foster yet.`;
  if (!knowsChart) return `${panel.hostname} has no chart ${panel.chart}. It appears here when the host sends it.`;
  return `${panel.chart} has none of the dimensions that were chosen: ${panel.dimensions.join(", ")}.`;
}
