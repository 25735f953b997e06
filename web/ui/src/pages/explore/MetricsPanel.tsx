import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { Display } from "../../chart/plot";
import { ContextAnswer } from "./Answer";
import { AggregationField, ContextField, DimensionsField, GroupField, HostsField, TopField } from "./Conditions";
import { fetchLines } from "./data";
import { LinesChart } from "./LinesChart";
import { LinesTable } from "./LinesTable";
import { Question, type ExploreSession } from "./session";

/** One context across hosts: grouped, the largest lines, as a chart and as a table. */
export function MetricsPanel({ session }: { session: ExploreSession }): JSX.Element {
  const hidden = useSignal<ReadonlySet<string>>(new Set());
  const display = useSignal<Display>({ divisor: 1, label: "", decimals: 0 });
  const question = useMemo(
    () =>
      new Question(session, () => {
        const { context, hosts, dimensions, by, aggregation, top } = session.view.value;
        return (w, points, signal) => fetchLines({ context, hosts, dimensions, by, aggregation, top }, w, points, signal);
      }),
    [session],
  );
  useEffect(() => () => question.close(), [question]);
  const { context, by, stacked } = session.view.value;
  return (
    <>
      <div class="conditions">
        <ContextField session={session} />
        <HostsField session={session} />
        <DimensionsField session={session} />
        <GroupField session={session} />
        <AggregationField session={session} />
        <TopField session={session} />
        <label class="check">
          <input type="checkbox" checked={stacked} onChange={(e) => session.change({ stacked: e.currentTarget.checked })} /> Stacked
        </label>
      </div>
      <ContextAnswer session={session} question={question}>
        <section class="card lines-card" aria-label={`${context} by ${by.join(" and ")}`}>
          <p class="units">{display.value.label}</p>
          <LinesChart key={String(stacked)} session={session} lines={question.lines} window={question.window} hidden={hidden} stacked={stacked} label={`${context}, a line for each ${by.join(" and ")}`} height={320} display={display} />
        </section>
        <LinesTable lines={question.lines} hidden={hidden} cursor={session.range.cursor} label={`lines of ${context}`} />
      </ContextAnswer>
    </>
  );
}
