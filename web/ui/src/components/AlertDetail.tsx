import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { AlertDetail as Detail } from "../api/alert";
import type { Alert, AlertKey } from "../api/alerts";
import { formatAgo, formatDateTime, formatDuration } from "../chart/format";
import { DetailStore, type AlertStore } from "../state/alertstore";
import { AlertStatusMark, alertValue, chartHref, ownChart, QuietTag, variableText } from "./AlertBits";
import { AlertCourse } from "./AlertCourse";
import { Button } from "./Button";
import { copyLink } from "./copylink";
import { FactsList, type Fact } from "./FactsList";
import { lazy } from "./Lazy";
import { QuietReasons } from "./QuietReasons";
import { EmptyState, ErrorState, Skeleton } from "./States";

// Who only looks at the list needs no code that draws charts.
const AlertChart = lazy(
  () => import("./AlertChart").then((m) => m.AlertChart),
  (failed) => (failed ? <ErrorState title="The chart could not be loaded" message="foster does not answer, or it has been updated since." onRetry={() => location.reload()} /> : <Skeleton label="loading the chart" rows={1} height={268} />),
);

interface Props {
  store: AlertStore;
  show: AlertKey;
  /** Of its changes the one that the chart is about, 0: the newest. */
  at: number;
  /** Said on the button that closes it. */
  back: string;
  onClose: () => void;
  onSilence: (a: Alert) => void;
}

/** Everything about one alert. */
export function AlertDetail({ store, show, at, back, onClose, onSilence }: Props): JSX.Element {
  const own = useMemo(() => new DetailStore(show), [show.guid, show.chart, show.name]);
  useEffect(() => () => own.close(), [own]);
  // What was silenced shall be seen to be at once.
  const quiet = store.list.value.value?.alerts.find((a) => a.guid === show.guid && a.chart === show.chart && a.name === show.name);
  useEffect(() => void own.detail.now(), [own, quiet?.silenced, quiet?.disabled]);
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus({ preventScroll: true }), []);
  const d = own.detail.value.value;
  const a = d?.alert;
  const newest = d?.changes[0];
  return (
    <section class="detail card" aria-label={`alert ${show.name}`}>
      <header>
        <div>
          <h2 ref={title} tabIndex={-1}>
            {show.name}
          </h2>
          <p>
            on <a href={`/host/${encodeURIComponent(show.guid)}/alerts`}>{a?.hostname ?? store.names.value.get(show.guid) ?? show.guid}</a>
          </p>
        </div>
        <div class="detail-tools">
          <Button kind="quiet" icon="link" aria-label="copy a link to this alert" onClick={() => void copyLink()} />
          <Button kind="quiet" icon="close" aria-label={back} onClick={onClose} />
        </div>
      </header>
      {d === null ? (
        own.unknown.value ? (
          <EmptyState title="There is no such alert" icon="search">
            It is not evaluated, and the log knows nothing of it.
          </EmptyState>
        ) : own.detail.error.value !== null ? (
          <ErrorState title="The alert could not be read" message={`${own.detail.error.value}. The page tries again by itself.`} onRetry={() => void own.detail.now()} />
        ) : (
          <Skeleton label="loading the alert" />
        )
      ) : (
        <div class="detail-body">
          <div class="state-line">
            {a ? <AlertStatusMark status={a.status} /> : <AlertStatusMark status="removed" />}
            {a && <b class="figure">{alertValue(a.value, a.units)}</b>}
            <span>
              {a
                ? a.since > 0 && (
                    <>
                      since <time title={formatDateTime(a.since)}>{formatDuration(d.now - a.since)}</time>
                    </>
                  )
                : newest && `since ${formatDateTime(newest.when)}; it is not evaluated any more`}
            </span>
            {a && <QuietTag silenced={a.silenced} disabled={a.disabled} />}
          </div>
          {(a?.summary || newest?.summary) && <p class="summary">{a?.summary || newest?.summary}</p>}
          {(a?.info || newest?.info) && (a?.info || newest?.info) !== (a?.summary || newest?.summary) && <p class="info">{a?.info || newest?.info}</p>}
          <div class="detail-actions">
            {a && (
              <Button kind={a.silenced ? "plain" : "primary"} icon="mute" onClick={() => onSilence(a)}>
                Silence…
              </Button>
            )}
            {!ownChart(show.chart) && (
              <a class="btn plain" href={chartHref(show.guid, show.chart)}>
                Open the chart
              </a>
            )}
          </div>
          {a && <QuietReasons store={store} alert={a} />}
          <h3 class="hidden">The chart around it</h3>
          {ownChart(show.chart) ? <p class="none-yet">There is no chart of this: the alert looks at what foster itself knows.</p> : <AlertChart detail={d} moment={d.changes.find((c) => c.gi === at)?.when ?? newest?.when ?? a?.since ?? 0} />}
          <h3>How it is decided</h3>
          <Decision detail={d} />
          <h3>What happened, and who was told</h3>
          <AlertCourse changes={d.changes} deliveries={own.deliveries.value.value} error={own.deliveries.error.value} now={d.now} at={at} />
        </div>
      )}
    </section>
  );
}

/** What the alert looks at, and when it is raised. */
function Decision({ detail: d }: { detail: Detail }): JSX.Element {
  const { alert: a, definition: def } = d;
  const facts: Fact[] = [];
  const code = (name: string, text: string) => {
    if (text !== "") facts.push([name, <code>{text}</code>]);
  };
  if (a && def) {
    code("Lookup", def.lookup);
    if (a.lookupTo > 0) facts.push(["Looked at", `${formatDateTime(a.lookupFrom)} to ${formatDateTime(a.lookupTo).replace(/^.*, /, "")}`]);
    code("Value is", def.calc);
    code("Warning if", def.warn);
    code("Critical if", def.crit);
    if (a.variables.length > 0) {
      facts.push([
        "With",
        <span class="variables">
          {a.variables.map((v) => (
            <code key={v.name}>
              ${v.name} = {variableText(v.value)}
            </code>
          ))}
        </span>,
      ]);
    }
    facts.push(["Evaluated", `every ${formatDuration(def.every)}${a.updated > 0 ? `, last ${formatAgo(a.updated, d.now)}` : ", not yet"}`]);
    code("Delay", def.delay);
    facts.push(["Repeated", repeats(a.repeatWarning, a.repeatCritical)]);
    if (def.noClear) facts.push(["When it clears", "nobody is told"]);
    facts.push(["Told to", a.role || "the default recipient"]);
    code("By", def.exec);
    facts.push(["Kind", [a.type, a.component, a.class].filter(Boolean).join(", ") || "–"]);
  } else if (d.changes[0]) facts.push(["Told to", d.changes[0].role || "the default recipient"]);
  const context = a?.context ?? d.changes[0]?.context ?? "";
  facts.push(["Chart", <code>{d.chart}</code>]);
  if (context !== "" && context !== d.chart) facts.push(["Context", <code>{context}</code>]);
  const source = def ? `${def.file}:${def.line}` : (d.changes[0]?.source ?? "").replace(/^(\d+)@(.*)$/, "$2:$1");
  if (source !== "") facts.push(["Defined in", <code>{source}</code>]);
  return <FactsList facts={facts} />;
}

function repeats(warning: number, critical: number): string {
  if (warning === 0 && critical === 0) return "no";
  return [warning > 0 ? `every ${formatDuration(warning)} while warning` : "", critical > 0 ? `every ${formatDuration(critical)} while critical` : ""].filter(Boolean).join(", ");
}
