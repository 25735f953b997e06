import type { JSX } from "preact";
import "uplot/dist/uPlot.min.css";
import "../styles/host.css";
import { useComputed, useSignal, type ReadonlySignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { formatAgo } from "../chart/format";
import { Badge } from "../components/Badge";
import { Banner } from "../components/Banner";
import { ChartCard } from "../components/ChartCard";
import { HostFacts } from "../components/HostFacts";
import { Icon } from "../components/icons";
import { useKeys } from "../components/keys";
import { RangeBar } from "../components/RangeBar";
import { SearchField } from "../components/SearchField";
import { SectionNav } from "../components/SectionNav";
import { TopBar } from "../components/TopBar";
import { HostSession } from "../state/host";
import { presets } from "../state/range";
import { compileSearch } from "../state/search";
import { blocksOf, chartTexts, groupCharts, type Family, type Section } from "../state/sections";
import { NotFound } from "./NotFoundPage";

export function HostPage({ name }: { name: string }): JSX.Element {
  const session = useMemo(() => new HostSession(name), [name]);
  useEffect(() => () => session.close(), [session]);
  const hostname = session.host.value?.hostname ?? name;
  useEffect(() => {
    document.title = `${hostname} – foster`;
  }, [hostname]);
  if (session.status.value === "unknown") {
    return (
      <NotFound title="Unknown host">
        <p>
          Nothing named <b>{name}</b> has ever streamed to this foster. Names are those the agents send; a machine GUID works as well.
        </p>
      </NotFound>
    );
  }
  return <Host session={session} hostname={hostname} />;
}

function Host({ session, hostname }: { session: HostSession; hostname: string }): JSX.Element {
  const query = useSignal("");
  const menu = useSignal(false);
  const sections = useComputed(() => {
    const matches = compileSearch(query.value);
    return groupCharts(session.charts.value.filter((c) => matches(chartTexts(c))));
  });
  const current = useCurrentSection(sections);
  useHostKeys(session, sections, current);
  useInitialFragment(sections);

  const host = session.host.value;
  return (
    <>
      <TopBar>
        <div class="hosttitle">
          <h1>{hostname}</h1>
          {host && <Badge host={host} />}
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
          <Charts session={session} sections={sections} query={query.value} onClear={() => (query.value = "")} />
        </main>
      </div>
    </>
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

function Charts({ session, sections, query, onClear }: { session: HostSession; sections: ReadonlySignal<Section[]>; query: string; onClear: () => void }): JSX.Element {
  if (session.charts.value.length === 0) {
    if (session.status.value === "ready") return <p class="none">This host has not sent a chart yet.</p>;
    return (
      <div class="grid" role="status" aria-label="loading the charts">
        {Array.from({ length: 6 }, (_, i) => (
          <div key={i} class="card chart waiting" />
        ))}
      </div>
    );
  }
  if (sections.value.length === 0) {
    return (
      <p class="none">
        No chart matches “{query}”.{" "}
        <button type="button" class="link" onClick={onClear}>
          Show all {session.charts.value.length}
        </button>
      </p>
    );
  }
  return (
    <>
      {sections.value.map((s) => (
        <section key={s.id} id={s.id} class="section" aria-label={s.label}>
          <h2>{s.label}</h2>
          {blocksOf(s).map((block) => (
            <Block key={block[0]!.id} session={session} section={s} families={block} />
          ))}
        </section>
      ))}
    </>
  );
}

/** Charts of one or more families in rows. Families that share rows have their name above their first chart. */
function Block({ session, section, families }: { session: HostSession; section: Section; families: Family[] }): JSX.Element {
  const shared = families.length > 1;
  const named = section.families.length > 1 || families[0]!.name !== section.name;
  return (
    <>
      {named && !shared && <h3>{families[0]!.name}</h3>}
      <div class="grid">
        {families.flatMap((f) =>
          f.charts.map((c, i) => (
            <div key={c.id} class="cell" id={i === 0 ? f.id : undefined} data-family={f.id}>
              {shared && (i === 0 ? <h3>{f.name}</h3> : <div class="unnamed" />)}
              <ChartCard session={session} chart={c} />
            </div>
          )),
        )}
      </div>
    </>
  );
}

/** The id of the family that stands at the top of the screen. */
function useCurrentSection(sections: ReadonlySignal<Section[]>): ReadonlySignal<string> {
  const current = useSignal("");
  const list = sections.value;
  useEffect(() => {
    const inStrip = new Set<HTMLElement>();
    const observer = new IntersectionObserver(
      (entries) => {
        for (const e of entries) {
          if (e.isIntersecting) inStrip.add(e.target as HTMLElement);
          else inStrip.delete(e.target as HTMLElement);
        }
        // Of the rows that touch the strip under the bar the lower one has just arrived; its first chart counts.
        let first: HTMLElement | undefined;
        for (const el of inStrip) {
          const down = first ? el.offsetTop - first.offsetTop : 1;
          if (down > 0 || (down === 0 && el.offsetLeft < first!.offsetLeft)) first = el;
        }
        if (first) current.value = first.dataset["family"]!;
      },
      { rootMargin: "-90px 0px -85% 0px" },
    );
    document.querySelectorAll(".cell").forEach((el) => observer.observe(el));
    return () => observer.disconnect();
  }, [list, current]);
  return current;
}

/** The browser looks for the fragment of the address before the charts are there: follow it when they are. */
function useInitialFragment(sections: ReadonlySignal<Section[]>): void {
  const followed = useRef(false);
  const ready = sections.value.length > 0;
  useEffect(() => {
    if (!ready || followed.current) return;
    followed.current = true;
    if (location.hash !== "") document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
  }, [ready]);
}

function useHostKeys(session: HostSession, sections: ReadonlySignal<Section[]>, current: ReadonlySignal<string>): void {
  const { range } = session;
  const step = (by: 1 | -1) => {
    const families = sections.peek().flatMap((s) => s.families.map((f, i) => (i === 0 ? s.id : f.id)));
    const ids = sections.peek().flatMap((s) => s.families.map((f) => f.id));
    const at = ids.indexOf(current.peek());
    const target = families[Math.max(0, Math.min(families.length - 1, at + by))];
    if (target) document.getElementById(target)?.scrollIntoView();
  };
  useKeys({
    " ": () => range.togglePause(),
    Escape: () => range.live(),
    ArrowLeft: () => range.pan(-0.5),
    ArrowRight: () => range.pan(0.5),
    "+": () => range.zoom(0.5),
    "=": () => range.zoom(0.5),
    "-": () => range.zoom(2),
    j: () => step(1),
    k: () => step(-1),
    u: () => document.querySelector<HTMLAnchorElement>("a.brand")?.click(),
    ...Object.fromEntries(presets.map((p, i) => [String(i + 1), () => range.live(p.span)])),
  });
}
