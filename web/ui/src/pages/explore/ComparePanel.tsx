import type { JSX } from "preact";
import { computed, useSignal, type ReadonlySignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { dimensionColor } from "../../chart/palette";
import { extent, type Display } from "../../chart/plot";
import { stack } from "../../chart/stack";
import { EmptyState } from "../../components/States";
import { hostHref } from "../../state/hosts";
import { theme } from "../../state/theme";
import { HostsField } from "./Conditions";
import { fetchLines, type Lines } from "./data";
import { LinesChart } from "./LinesChart";
import { Question, type ExploreSession } from "./session";

const contexts = ["system.cpu", "system.load", "system.ram", "system.io", "system.net", "disk.space"];
/** Of those, the ones whose dimensions add up. */
const layered = ["system.cpu", "system.ram", "disk.space"];
const mostHosts = 4;

/** Two to four hosts next to each other, by the contexts that tell how a machine is and the one that was chosen. */
export function ComparePanel({ session }: { session: ExploreSession }): JSX.Element {
  const { hosts, context } = session.view.value;
  const known = session.hosts.value;
  const chosen = (hosts.length > 0 ? hosts.flatMap((name) => known.find((h) => h.hostname === name || h.guid === name) ?? []) : known.filter((h) => h.state === "live").slice(0, 2)).slice(0, mostHosts);
  const rows = [...new Set([...contexts, context])].filter((c) => session.contexts.value?.some((k) => k.id === c));
  return (
    <>
      <div class="conditions">
        <HostsField session={session} hint={`Up to ${mostHosts} names, separated by commas`} />
      </div>
      {known.length > 0 && chosen.length === 0 && <EmptyState title="No such host">Choose hosts that stream to this foster.</EmptyState>}
      <div class="compare" style={{ "--columns": String(Math.max(1, chosen.length)) }}>
        {chosen.map((h) => (
          <h2 key={h.guid}>
            <a href={hostHref(h)}>{h.hostname}</a>
          </h2>
        ))}
        {chosen.length > 0 && rows.map((c) => <CompareRow key={c} session={session} context={c} title={session.contexts.value?.find((k) => k.id === c)?.title ?? c} guids={chosen.map((h) => h.guid)} />)}
      </div>
    </>
  );
}

/** One context of the hosts: asked for in one request, drawn apart. */
function CompareRow({ session, context, title, guids }: { session: ExploreSession; context: string; title: string; guids: readonly string[] }): JSX.Element {
  const key = guids.join();
  const hidden = useSignal<ReadonlySet<string>>(new Set());
  const question = useMemo(
    () => new Question(session, () => (w, points, signal) => fetchLines({ context, hosts: key.split(","), dimensions: "", by: ["node", "dimension"], aggregation: "sum" }, w, points, signal)),
    [session, context, key],
  );
  useEffect(() => () => question.close(), [question]);
  const parts = useMemo(() => key.split(",").map((guid) => computed(() => linesOf(question.lines.value, guid))), [question, key]);
  const stacked = layered.includes(context);
  const alike = useMemo(() => computed(() => limitsOf(parts.map((p) => p.value), stacked)), [parts, stacked]);
  return (
    <>
      {parts.map((part, i) => (
        <ComparePart key={guids[i]} session={session} question={question} part={part} title={title} context={context} hidden={hidden} alike={alike} stacked={stacked} />
      ))}
    </>
  );
}

interface PartProps {
  session: ExploreSession;
  question: Question;
  part: ReadonlySignal<Lines | null>;
  title: string;
  context: string;
  hidden: Parameters<typeof LinesChart>[0]["hidden"];
  alike: ReadonlySignal<readonly [number, number]>;
  stacked: boolean;
}

function ComparePart({ session, question, part, title, context, hidden, alike, stacked }: PartProps): JSX.Element {
  const display = useSignal<Display>({ divisor: 1, label: "", decimals: 0 });
  const lines = part.value;
  const failed = question.error.value;
  return (
    <article class="card lines-card" aria-label={title}>
      <h3>
        {title} <span class="units">{display.value.label}</span>
      </h3>
      <p class="origin">{context}</p>
      {lines?.lines.length === 0 ? (
        <p class="lines-none">not collected, or not in this time</p>
      ) : !lines && failed !== null ? (
        <p class="lines-none">{failed}</p>
      ) : (
        <LinesChart session={session} lines={part} window={question.window} hidden={hidden} stacked={stacked} alike={alike} label={title} height={180} display={display} />
      )}
      <ul class="lines-legend">
        {lines?.lines.slice(0, 12).map((l, i) => (
          <li key={l.id}>
            <span class="swatch" style={{ background: dimensionColor(theme.value, i) }} aria-hidden="true" />
            {l.name}
          </li>
        ))}
      </ul>
    </article>
  );
}

/** The limits of what is drawn of all parts. */
export function limitsOf(parts: readonly (Lines | null)[], stacked: boolean): [low: number, high: number] {
  return extent(
    parts.flatMap((p) => {
      const columns = p?.lines.map((l) => l.column) ?? [];
      return stacked ? stack(columns, columns.map(() => true)).columns : columns;
    }),
  );
}

/** The lines of one host; ids end with its machine GUID. */
export function linesOf(all: Lines | null, guid: string): Lines | null {
  if (!all) return null;
  const own = all.lines.filter((l) => l.id.endsWith(`,${guid}`));
  return { ...all, lines: own.map((l) => ({ ...l, name: l.name.slice(0, Math.max(0, l.name.lastIndexOf(","))) || l.name })) };
}
