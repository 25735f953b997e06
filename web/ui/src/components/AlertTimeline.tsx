import type { JSX } from "preact";
import type { Transition } from "../api/alerts";
import { formatClock, formatDateTime, formatDay, formatDuration } from "../chart/format";
import type { Poll } from "../state/poll";
import { compileSearch } from "../state/search";
import { AlertStatusMark, alertValue, chartHref } from "./AlertBits";
import { EmptyState, ErrorState, Skeleton } from "./States";

/** The changes of alerts, the newest first, by day. */
export function AlertTimeline({ past, query }: { past: Poll<Transition[]>; query: string }): JSX.Element {
  const list = past.value.value;
  if (list === null) {
    if (past.error.value !== null) return <ErrorState title="The history could not be read" message={past.error.value} onRetry={() => void past.now()} />;
    return <Skeleton label="loading the history" />;
  }
  if (list.length === 0) return <EmptyState title="Nothing has changed in the last 24 hours" icon="check" />;
  const matches = compileSearch(query);
  const found = list.filter((t) => matches([t.name, t.hostname, t.chart, t.summary, t.role, t.to]));
  if (found.length === 0) return <EmptyState title="No change matches" icon="search" />;
  const days = new Map<string, Transition[]>();
  for (const t of found) {
    const day = days.get(formatDay(t.when));
    if (day) day.push(t);
    else days.set(formatDay(t.when), [t]);
  }
  return (
    <>
      {[...days].map(([name, changes]) => (
        <section key={name} class="day" aria-label={name}>
          <h2>{name}</h2>
          <ol class="card timeline">
            {changes.map((t) => (
              <li key={t.id}>
                <time title={formatDateTime(t.when)}>{formatClock(t.when)}</time>
                <AlertStatusMark status={t.to} />
                <div class="what">
                  <a href={chartHref(t.guid, t.chart)}>{t.name}</a> on {t.hostname}
                  <span class="sub">
                    {alertValue(t.value, t.units)}, after {formatDuration(t.lasted)} {t.from}
                    {t.role && ` · ${t.role}`}
                  </span>
                </div>
              </li>
            ))}
          </ol>
        </section>
      ))}
    </>
  );
}
