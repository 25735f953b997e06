import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { Display } from "../../chart/plot";
import { EmptyState } from "../../components/States";
import { Answer } from "./Answer";
import { runQuery } from "./data";
import { LinesChart } from "./LinesChart";
import { LinesTable } from "./LinesTable";
import { PromqlField } from "./PromqlField";
import { Question, type ExploreSession } from "./session";

const examples = ['sum by (host) (system_cpu{dimension!="idle"})', 'topk(5, sum by (host) (system_net{dimension=~"received|InOctets"}))', "max_over_time(system_load{dimension=\"load1\"}[10m])"];

/** A question in PromQL, drawn over the page's time. */
export function PromqlPanel({ session }: { session: ExploreSession }): JSX.Element {
  const hidden = useSignal<ReadonlySet<string>>(new Set());
  const display = useSignal<Display>({ divisor: 1, label: "", decimals: 0 });
  const question = useMemo(
    () =>
      new Question(session, () => {
        const query = session.view.value.query.trim();
        return query === "" ? null : (w, points, signal) => runQuery(query, w, points, signal);
      }),
    [session],
  );
  useEffect(() => () => question.close(), [question]);
  const { query, stacked } = session.view.value;
  return (
    <>
      <div class="conditions promql">
        <PromqlField value={query} onRun={(q) => session.change({ query: q })} />
        <label class="check">
          <input type="checkbox" checked={stacked} onChange={(e) => session.change({ stacked: e.currentTarget.checked })} /> Stacked
        </label>
      </div>
      {query.trim() === "" ? (
        <EmptyState title="Ask in PromQL" icon="explore">
          A context is a metric whose dots are underscores, with the labels host, chart, dimension and those of hosts and charts.
          <ul class="examples">
            {examples.map((e) => (
              <li key={e}>
                <button type="button" class="link" onClick={() => session.change({ query: e })}>
                  <code>{e}</code>
                </button>
              </li>
            ))}
          </ul>
        </EmptyState>
      ) : (
        <Answer question={question}>
          <section class="card lines-card" aria-label="answer">
            <p class="units">{display.value.label}</p>
            <LinesChart key={String(stacked)} session={session} lines={question.lines} window={question.window} hidden={hidden} stacked={stacked} label={query} height={320} display={display} />
          </section>
          <LinesTable lines={question.lines} hidden={hidden} cursor={session.range.cursor} label="series" />
        </Answer>
      )}
    </>
  );
}
