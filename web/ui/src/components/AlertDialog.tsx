import type { ComponentChildren, JSX } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { fetchExpressions, type Alert, type Expressions } from "../api/alerts";
import { formatDateTime, formatDuration } from "../chart/format";
import { AlertStatusMark, alertValue, chartHref } from "./AlertBits";
import { Dialog } from "./Dialog";

/** Everything about one alert: what it means, its value, and how it is decided. */
export function AlertDialog({ alert, onClose }: { alert: Alert | null; onClose: () => void }): JSX.Element {
  return (
    <Dialog title={alert?.name ?? ""} open={alert !== null} onClose={onClose} wide actions={alert && <a class="btn primary" href={chartHref(alert.guid, alert.chart)}>Open the chart</a>}>
      {alert && <Details key={alert.id} alert={alert} />}
    </Dialog>
  );
}

function Details({ alert: a }: { alert: Alert }): JSX.Element {
  const how = useSignal<Expressions | null>(null);
  useEffect(() => {
    const abort = new AbortController();
    fetchExpressions(a, abort.signal).then(
      (e) => (how.value = e),
      () => {
        // What is known without stays; the shell says when foster is away.
      },
    );
    return () => abort.abort();
  }, [a.guid, a.chart, a.name]);
  const e = how.value;
  const facts: [string, ComponentChildren][] = [
    ["Status", <AlertStatusMark status={a.status} />],
    ["Value", alertValue(a.value, a.units)],
    ["Since", a.since > 0 ? formatDateTime(a.since) : "–"],
    ["Host", a.hostname],
    ["Chart", <code>{a.chart}</code>],
    ["Told to", a.role || "–"],
    ["Kind", [a.type, a.component, a.class].filter(Boolean).join(", ") || "–"],
  ];
  if (e) {
    for (const [name, text] of [["Looks at", e.lookup], ["Value is", e.calc], ["Warning if", e.warn], ["Critical if", e.crit]] as const) if (text !== "") facts.push([name, <code>{text}</code>]);
    if (e.every > 0) facts.push(["Checked", `every ${formatDuration(e.every)}`]);
  }
  if (a.source !== "") facts.push(["Defined in", <code>{a.source}</code>]);
  return (
    <>
      {a.summary && <p>{a.summary}</p>}
      {a.info && a.info !== a.summary && <p class="none-yet">{a.info}</p>}
      <dl class="facts-list">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
