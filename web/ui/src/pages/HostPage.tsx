import type { JSX } from "preact";
import "uplot/dist/uPlot.min.css";
import "../styles/host.css";
import { useComputed, useSignal, type ReadonlySignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { Chart } from "../api/types";
import { formatAgo } from "../chart/format";
import { Badge } from "../components/Badge";
import { Banner } from "../components/Banner";
import { Button } from "../components/Button";
import { copyLink } from "../components/copylink";
import type { FullScreen } from "../components/ChartCard";
import { ChartSections, useCurrentSection } from "../components/ChartSections";
import { AddToDashboard, type ChartToAdd } from "../components/AddToDashboard";
import { useFullScreen } from "../components/fullscreen";
import { HostFacts } from "../components/HostFacts";
import { Icon } from "../components/icons";
import { useKeys } from "../components/keys";
import { RangeBar } from "../components/RangeBar";
import { SearchField } from "../components/SearchField";
import { SectionNav } from "../components/SectionNav";
import { Status } from "../components/Status";
import { TopBar } from "../components/TopBar";
import { HostSession } from "../state/host";
import { presets } from "../state/range";
import { navigate } from "../state/router";
import { compileSearch } from "../state/search";
import { alertedCharts, mainCharts } from "../state/overview";
import { chartTexts, groupCharts, type Family, type Section } from "../state/sections";
import { useHostAddress } from "./hostaddress";
import { UnknownHost } from "./NotFoundPage";

export function HostPage({ name }: { name: string }): JSX.Element {
  const session = useMemo(() => new HostSession(name), [name]);
  useEffect(() => () => session.close(), [session]);
  const hostname = session.host.value?.hostname ?? name;
  useEffect(() => {
    document.title = `${hostname} – foster`;
  }, [hostname]);
  const parent = session.status.value === "parent";
  useEffect(() => {
    // Alerts of foster itself name it as their host. What there is to see of it is its load.
    if (parent) navigate("/streaming", true);
  }, [parent]);
  if (parent) return <></>;
  if (session.status.value === "unknown") return <UnknownHost name={name} />;
  return <Host session={session} hostname={hostname} />;
}

function Host({ session, hostname }: { session: HostSession; hostname: string }): JSX.Element {
  const query = useSignal("");
  const menu = useSignal(false);
  const full = useSignal("");
  const adding = useSignal<ChartToAdd | null>(null);
  const grouped = useComputed(() => {
    const matches = compileSearch(query.value);
    return groupCharts(session.charts.value.filter((c) => matches(chartTexts(c))));
  });
  // Alerts are read again and again: the overview is made anew only when other charts have one.
  const alerted = useComputed(() => alertedCharts(session.charts.value, session.alarms.value).map((c) => c.id).join("\n"));
  const sections = useComputed(() => {
    if (query.value.trim() !== "" || grouped.value.length === 0) return grouped.value;
    const ids = alerted.value.split("\n");
    return [overview(session.charts.value, ids), ...grouped.value];
  });
  const current = useCurrentSection(sections);
  useHostKeys(session, sections, current, full);
  useHostAddress(session, { query, full, sections, current });
  // The chart of an old link may be gone.
  useFullScreen(useComputed(() => session.charts.value.some((c) => c.id === full.value)).value);

  const host = session.host.value;
  const commandsOf = (chart: Chart) => (shown: () => string[]) => [
    {
      label: "Add to a dashboard…",
      icon: "dashboard" as const,
      onSelect: () => {
        const dimensions = shown();
        adding.value = { host: host?.guid ?? session.name, hostname, chart: chart.id, title: chart.title, dimensions: dimensions.length < chart.dimensions.length ? dimensions : [] };
      },
    },
  ];
  return (
    <>
      <TopBar>
        <div class="hosttitle">
          <h1 title={hostname}>{hostname}</h1>
          {host && <Badge host={host} />}
          <Button kind="quiet" icon="link" aria-label="copy a link to this view" onClick={() => void copyLink()} />
          <AlertsLink session={session} />
        </div>
        <button type="button" class="menu" aria-expanded={menu.value} aria-controls="side" onClick={() => (menu.value = !menu.value)}>
          <Icon name={menu.value ? "close" : "menu"} />
          Sections
        </button>
        <RangeBar session={session} />
      </TopBar>
      <div class="host">
        <aside id="side" class={menu.value ? "open" : ""}>
          <SearchField query={query} label="Search charts" />
          <SectionNav sections={sections.value} current={current.value} onFollow={() => (menu.value = false)} />
        </aside>
        <main>
          <HostBanners session={session} />
          <HostFacts session={session} />
          <ChartSections session={session} sections={sections} full={full} query={query.value} onClear={() => (query.value = "")} commandsOf={commandsOf} />
          <AddToDashboard chart={adding} />
        </main>
      </div>
    </>
  );
}

/** The section above all others: the charts with a raised alert, and the main ones. */
function overview(charts: Chart[], alerted: readonly string[]): Section {
  const known = new Map(charts.map((c) => [c.id, c]));
  const family = (id: string, name: string, list: Chart[]): Family => ({ id: `overview.${id}`, name, priority: 0, charts: list });
  const families = [family("alerts", "Raised alerts", alerted.flatMap((id) => known.get(id) ?? [])), family("main", "Main charts", mainCharts(charts))].filter((f) => f.charts.length > 0);
  return { id: "overview", name: "Main charts", label: "Overview", second: true, priority: 0, families, count: families.reduce((n, f) => n + f.charts.length, 0) };
}

/** To the alerts of this host, with how many are raised. */
function AlertsLink({ session }: { session: HostSession }): JSX.Element {
  const counts = useComputed(() => {
    const all = [...session.alarms.value.values()].flat();
    return [all.filter((a) => a.status === "CRITICAL").length, all.filter((a) => a.status === "WARNING").length] as const;
  });
  const [critical, warning] = counts.value;
  return (
    <a class="btn plain alerts-link" href={`/host/${encodeURIComponent(session.name)}/alerts`}>
      <Icon name="bell" />
      <span class="word">Alerts</span>
      {critical + warning > 0 && <Status tone={critical > 0 ? "critical" : "warning"}>{critical + warning}</Status>}
    </a>
  );
}

function HostBanners({ session }: { session: HostSession }): JSX.Element {
  const host = session.host.value;
  const live = session.range.value.kind === "live";
  const silent = host && (host.state === "stale" || host.state === "archived");
  return (
    <>
      {session.offline.value !== null && <Banner tone="warning">No connection to foster. Trying again; what was missed is filled in afterwards.</Banner>}
      {session.offline.value === null && session.status.value === "error" && <Banner tone="warning">The charts of this host could not be read. Trying again.</Banner>}
      {silent && (
        <Banner tone="note">
          This host sends nothing now; it was last seen {formatAgo(host.lastSeen, session.clock.now())}.{" "}
          {live ? (
            <button type="button" class="link" onClick={() => session.showLast()}>
              Show the end of its history
            </button>
          ) : (
            "You see stored history."
          )}
        </Banner>
      )}
    </>
  );
}

function useHostKeys(session: HostSession, sections: ReadonlySignal<Section[]>, current: ReadonlySignal<string>, full: FullScreen): void {
  const { range } = session;
  const moveCursor = (by: number) => {
    const { after, before } = session.view.peek();
    const row = Math.max(1, (before - after) / 120);
    range.point(Math.min(before, Math.max(after, (range.cursor.peek() ?? (by < 0 ? before : after)) + by * row)), true);
  };
  const leave = () => {
    if (full.peek() !== "") full.value = "";
    else {
      range.point(null);
      range.live();
    }
  };
  const step = (by: 1 | -1) => {
    const families = sections.peek().flatMap((s) => s.families.map((f, i) => (i === 0 ? s.id : f.id)));
    const ids = sections.peek().flatMap((s) => s.families.map((f) => f.id));
    const at = ids.indexOf(current.peek());
    const target = families[Math.max(0, Math.min(families.length - 1, at + by))];
    if (target) document.getElementById(target)?.scrollIntoView();
  };
  useKeys({
    " ": () => range.togglePause(),
    Escape: leave,
    ArrowLeft: (e) => (e.shiftKey ? moveCursor(-1) : range.pan(-0.5)),
    ArrowRight: (e) => (e.shiftKey ? moveCursor(1) : range.pan(0.5)),
    "+": () => range.zoom(0.5),
    "=": () => range.zoom(0.5),
    "-": () => range.zoom(2),
    j: () => step(1),
    k: () => step(-1),
    u: () => document.querySelector<HTMLAnchorElement>("a.brand")?.click(),
    ...Object.fromEntries(presets.map((p, i) => [String(i + 1), () => range.live(p.span)])),
  });
}
