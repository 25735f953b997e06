import type { JSX } from "preact";
import { useSignal, type ReadonlySignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Chart } from "../api/types";
import type { HostSession } from "../state/host";
import { blocksOf, type Family, type Section } from "../state/sections";
import { ChartCard, type ChartExtras, type FullScreen } from "./ChartCard";
import { Button } from "./Button";
import { EmptyState } from "./States";

interface Props {
  session: HostSession;
  sections: ReadonlySignal<Section[]>;
  full: FullScreen;
  query: string;
  onClear: () => void;
  /** More commands of a chart. */
  commandsOf: (chart: Chart) => NonNullable<ChartExtras["commands"]>;
}

/** The charts of a host in their sections, or why there are none. */
export function ChartSections({ session, sections, full, query, onClear, commandsOf }: Props): JSX.Element {
  if (session.charts.value.length === 0) {
    if (session.status.value === "ready") return <EmptyState title="No charts yet">This host has not sent a chart yet. They appear here when it does.</EmptyState>;
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
      <EmptyState title={`No chart matches “${query}”`} action={<Button onClick={onClear}>Show all {session.charts.value.length}</Button>}>
        The search looks at titles, contexts, families, ids and the names of dimensions. All words must occur; ! excludes one, * stands for anything.
      </EmptyState>
    );
  }
  return (
    <>
      {sections.value.map((s) => (
        <section key={s.id} id={s.id} class="section" aria-label={s.label}>
          <h2>{s.label}</h2>
          {blocksOf(s).map((block) => (
            <Block key={block[0]!.id} session={session} section={s} families={block} full={full} commandsOf={commandsOf} />
          ))}
        </section>
      ))}
    </>
  );
}

/** Charts of one or more families in rows. Families that share rows have their name above their first chart. */
function Block({ session, section, families, full, commandsOf }: { section: Section; families: Family[] } & Pick<Props, "session" | "full" | "commandsOf">): JSX.Element {
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
              <ChartCard session={session} chart={c} full={full} second={section.second ?? false} commands={commandsOf(c)} />
            </div>
          )),
        )}
      </div>
    </>
  );
}

/** The id of the family that stands at the top of the screen. */
export function useCurrentSection(sections: ReadonlySignal<Section[]>): ReadonlySignal<string> {
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
