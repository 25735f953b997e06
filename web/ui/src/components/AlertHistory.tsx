import type { JSX } from "preact";
import { effect, type ReadonlySignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { Transition } from "../api/alerts";
import { formatClock, formatDateTime, formatDay, formatDuration } from "../chart/format";
import { filterAlerts, filterTransitions, showOf, splitRoles } from "../state/alerts";
import { PastStore, type AlertStore } from "../state/alertstore";
import { rangeParameters, readAlertView, type AlertView } from "../state/alertview";
import { lanesOf } from "../state/lanes";
import { TimeRange, windowOf } from "../state/range";
import { parameters, setParameters } from "../state/router";
import { AlertStatusMark, alertValue, QuietTag } from "./AlertBits";
import { AlertFilters } from "./AlertFilters";
import { AlertLanes } from "./AlertLanes";
import { follow, showHref, Sub } from "./AlertTable";
import { useKeys } from "./keys";
import { RangeBar } from "./RangeBar";
import { EmptyState, ErrorState, Skeleton } from "./States";
import { Table, type Column } from "./Table";

const spans = [
  { label: "1h", span: 3600 },
  { label: "6h", span: 6 * 3600 },
  { label: "24h", span: 86_400 },
  { label: "7d", span: 7 * 86_400 },
  { label: "30d", span: 30 * 86_400 },
];

/** The range of the history, and the address that says it, whichever of them changes. */
function useRange(store: AlertStore): TimeRange {
  const range = useMemo(() => new TimeRange(() => store.clock.now(), readAlertView(parameters.peek()).range), [store]);
  useEffect(() => {
    const text = (r: Parameters<typeof rangeParameters>[0]) => JSON.stringify(rangeParameters(r));
    const stops = [
      effect(() => {
        const wanted = readAlertView(parameters.value).range;
        if (text(wanted) !== text(range.signal.peek())) range.set(wanted);
      }),
      effect(() => {
        const shown = range.value;
        if (text(shown) !== text(readAlertView(parameters.peek()).range)) setParameters(rangeParameters(shown));
      }),
    ];
    return () => stops.forEach((stop) => stop());
  }, [range]);
  return range;
}

/** What alerts became, and when: a timeline, and the changes in it. */
export function AlertHistory({ store, view, narrow }: { store: AlertStore; view: ReadonlySignal<AlertView>; narrow: boolean }): JSX.Element {
  const v = view.value;
  const range = useRange(store);
  const host = store.host === "" ? v.host : "";
  const past = useMemo(() => new PastStore(store, { range: range.signal.peek(), host, role: v.role }), [store]);
  useEffect(() => () => past.close(), [past]);
  useEffect(() => past.show({ range: range.value, host, role: v.role }), [past, range.value, host, v.role]);
  const lanesBy = v.lanes;
  useKeys({
    " ": () => range.togglePause(),
    ArrowLeft: () => range.pan(-0.5),
    ArrowRight: () => range.pan(0.5),
    "+": () => range.zoom(0.5),
    "=": () => range.zoom(0.5),
    "-": () => range.zoom(2),
    ...Object.fromEntries(spans.map((p, i) => [String(i + 1), () => range.live(p.span)])),
  });

  const page = past.page.value.value;
  const list = store.list.value.value;
  const now = store.clock.now();
  const window = windowOf(range.value, now);
  const filter = { ...v, host };
  const changes = page ? filterTransitions(page.transitions, { ...filter, statuses: new Set() }) : [];
  const present = list ? filterAlerts(list.alerts, { ...filter, statuses: new Set() }) : [];
  const lanes = lanesOf(changes, present, window, now, lanesBy).filter((l) => v.statuses.size === 0 || l.segments.some((s) => v.statuses.has(s.status)));
  const inside = filterTransitions(changes, filter).filter((t) => t.when >= window.after && t.when <= window.before);
  return (
    <>
      <AlertFilters view={v} totals={null} hosts={page?.hosts ?? []} roles={splitRoles(page?.roles ?? [])} oneHost={store.host !== ""} />
      <div class="history-bar">
        <div class="segments" role="group" aria-label="a line for each">
          {(["alert", "host"] as const).map((by) => (
            <button key={by} type="button" aria-pressed={lanesBy === by} disabled={by === "host" && store.host !== ""} onClick={() => setParameters({ lanes: by === "alert" ? null : by })}>
              by {by}
            </button>
          ))}
        </div>
        <RangeBar session={{ range, clock: store.clock }} choices={spans} />
      </div>
      {page === null ? (
        past.page.error.value !== null ? (
          <ErrorState title="The history could not be read" message={`${past.page.error.value}. The page tries again by itself.`} onRetry={() => void past.page.now()} />
        ) : (
          <Skeleton label="loading the history" />
        )
      ) : lanes.length === 0 && inside.length === 0 ? (
        <EmptyState title={page.transitions.length === 0 ? "No alert was raised in this time" : "Nothing matches in this time"} icon={page.transitions.length === 0 ? "check" : "search"}>
          {range.value.kind === "live" ? `The last ${formatDuration(range.value.span)} are shown.` : `From ${formatDateTime(window.after)} to ${formatDateTime(window.before)}.`} The log may know more of other times.
        </EmptyState>
      ) : (
        <>
          {page.matched > page.transitions.length && (
            <p class="note-line">
              There are {page.matched} changes; the newest {page.transitions.length} are shown. A shorter time, a host or a role shows the others.
            </p>
          )}
          {lanes.length > 0 && <AlertLanes lanes={lanes} window={window} onSelect={(a, b) => range.select(a, b)} onZoom={(f, t) => range.zoom(f, t)} />}
          <Changes list={inside} shown={v.show ? showOf(v.show) : ""} at={v.at} narrow={narrow} />
        </>
      )}
    </>
  );
}

type ChangeLine = { day: string; count: number } | { t: Transition };

/** The changes, the newest first, by day. */
function Changes({ list, shown, at, narrow }: { list: readonly Transition[]; shown: string; at: number; narrow: boolean }): JSX.Element {
  const counts = new Map<string, number>();
  for (const t of list) counts.set(formatDay(t.when), (counts.get(formatDay(t.when)) ?? 0) + 1);
  const lines = list.flatMap((t, i): ChangeLine[] => {
    const day = formatDay(t.when);
    return [...(i === 0 || formatDay(list[i - 1]!.when) !== day ? [{ day, count: counts.get(day)! }] : []), { t }];
  });
  const cell = (render: (t: Transition) => JSX.Element | string) => (l: ChangeLine) => ("t" in l ? render(l.t) : null);
  const columns: Column<ChangeLine>[] = [
    {
      key: "what",
      label: "Change",
      render: cell((t) => {
        const show = showOf(t);
        return (
          <>
            <span class="named">
              <a class="row" href={showHref(show, t.gi)} data-show={show} aria-current={show === shown && t.gi === at ? "true" : undefined} onClick={(e) => follow(e, show, t.gi)}>
                {t.name}
              </a>
              <QuietTag silenced={t.silenced} />
            </span>
            <Sub host={narrow ? t.hostname : ""} phone={`${formatClock(t.when)} · ${t.hostname} · ${alertValue(t.value, t.units)}`} text={t.summary || t.chart} />
          </>
        );
      }),
    },
    { key: "to", label: "Became", width: "104px", render: cell((t) => <AlertStatusMark status={t.to} />) },
    { key: "value", label: "Value", width: "108px", number: true, from: narrow ? "wide" : "tablet", render: cell((t) => alertValue(t.value, t.units)) },
    ...(narrow
      ? []
      : ([
          { key: "host", label: "Host", width: "17%", from: "tablet", render: cell((t) => t.hostname) },
          { key: "after", label: "After", width: "17%", from: "desktop", render: cell((t) => `${formatDuration(t.lasted)} ${t.from}`) },
          { key: "role", label: "Role", width: "120px", from: "desktop", render: cell((t) => t.role || "–") },
        ] satisfies Column<ChangeLine>[])),
    { key: "when", label: "When", width: "98px", number: true, from: "tablet", render: cell((t) => <time title={formatDateTime(t.when)}>{formatClock(t.when)}</time>) },
  ];
  return (
    <Table
      label="Changes"
      columns={columns}
      rows={lines}
      rowKey={(l) => ("t" in l ? String(l.t.gi) : `day ${l.day}`)}
      rowHeight={50}
      rowClass={(l) => ("t" in l && showOf(l.t) === shown && l.t.gi === at ? "current" : undefined)}
      whole={(l) =>
        "t" in l ? undefined : (
          <span class="day-head">
            <b>{l.day}</b> <span class="count">{l.count} {l.count === 1 ? "change" : "changes"}</span>
          </span>
        )
      }
    />
  );
}
