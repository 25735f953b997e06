import type { JSX } from "preact";
import "../styles/alerts.css";
import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { fetchAlerts, fetchTransitions, type Alert, type AlertStatus, type Transition } from "../api/alerts";
import { AlertDialog } from "../components/AlertDialog";
import { AlertTable } from "../components/AlertTable";
import { AlertTimeline } from "../components/AlertTimeline";
import { SearchField } from "../components/SearchField";
import { EmptyState, ErrorState, Skeleton } from "../components/States";
import { Tabs } from "../components/Tabs";
import { TopBar } from "../components/TopBar";
import { alertOrder, filterAlerts, isRaised } from "../state/alerts";
import { Poll } from "../state/poll";
import { parameters, setParameters } from "../state/router";

const day = 86_400; // s of history that are shown
const mostTransitions = 200;

/** What is wrong now, and what was. */
export function AlertsPage(): JSX.Element {
  const alerts = useMemo(() => new Poll(fetchAlerts, 3000), []);
  const past = useMemo(() => new Poll((signal) => fetchTransitions(day, mostTransitions, signal), 5000), []);
  useEffect(
    () => () => {
      alerts.close();
      past.close();
    },
    [alerts, past],
  );
  const raised = alerts.value.value?.filter((a) => isRaised(a.status)).length ?? 0;
  useEffect(() => {
    document.title = `${raised > 0 ? `(${raised}) ` : ""}Alerts – foster`;
  }, [raised]);
  const list = alerts.value.value;
  return (
    <>
      <TopBar title="Alerts" />
      <main class="page alerts">
        {list ? (
          <Content list={list} past={past} />
        ) : alerts.error.value !== null ? (
          <ErrorState title="The alerts could not be read" message={`${alerts.error.value}. The page tries again by itself.`} onRetry={() => void alerts.now()} />
        ) : (
          <Skeleton label="loading the alerts" />
        )}
      </main>
    </>
  );
}

function Content({ list, past }: { list: readonly Alert[]; past: Poll<Transition[]> }): JSX.Element {
  const tab = parameters.value.get("tab") === "history" ? "history" : "now";
  const query = useSignal(parameters.peek().get("q") ?? "");
  const shown = useSignal<string | null>(null);
  const wanted = useComputed(() => new Set((parameters.value.get("status") ?? "").split(",").filter((s): s is AlertStatus => (alertOrder as readonly string[]).includes(s))));
  useEffect(() => setParameters({ q: query.value }), [query.value]);
  const found = filterAlerts(list, wanted.value, query.value);
  return (
    <>
      <div class="tab-bar">
        <Tabs
          label="Alerts"
          controls="alerts-panel"
          selected={tab}
          onSelect={(t) => setParameters({ tab: t === "now" ? null : t })}
          tabs={[
            { id: "now", label: "Now", count: list.filter((a) => isRaised(a.status)).length },
            { id: "history", label: "Last 24 hours" },
          ]}
        />
        <SearchField query={query} label="Search alerts" />
      </div>
      <div id="alerts-panel" role="tabpanel" aria-label={tab === "now" ? "now" : "history"}>
        {tab === "history" ? (
          <AlertTimeline past={past} query={query.value} />
        ) : (
          <>
            <Statuses list={list} wanted={wanted.value} />
            {found.length > 0 ? <AlertTable alerts={found} onShow={(id) => (shown.value = id)} /> : <Nothing list={list} filtered={wanted.value.size > 0 || query.value !== ""} />}
          </>
        )}
      </div>
      <AlertDialog alert={list.find((a) => a.id === shown.value) ?? null} onClose={() => (shown.value = null)} />
    </>
  );
}

function Nothing({ list, filtered }: { list: readonly Alert[]; filtered: boolean }): JSX.Element {
  if (filtered) return <EmptyState title="No alert matches" icon="search" />;
  if (list.length === 0) {
    return (
      <EmptyState title="No alerts are evaluated" icon="bell">
        Health monitoring is off, or no host sends what the definitions look at.
      </EmptyState>
    );
  }
  return (
    <EmptyState title="All is well" icon="check">
      {list.length} {list.length === 1 ? "alert is" : "alerts are"} evaluated, and none is raised.
    </EmptyState>
  );
}

function Statuses({ list, wanted }: { list: readonly Alert[]; wanted: ReadonlySet<AlertStatus> }): JSX.Element {
  const count = (s: AlertStatus) => list.filter((a) => a.status === s).length;
  const toggle = (s: AlertStatus) => {
    const next = new Set(wanted);
    if (!next.delete(s)) next.add(s);
    setParameters({ status: alertOrder.filter((o) => next.has(o)).join(",") });
  };
  return (
    <div class="chips" role="group" aria-label="status">
      <button type="button" aria-pressed={wanted.size === 0} onClick={() => setParameters({ status: null })}>
        raised <span class="count">{count("critical") + count("warning")}</span>
      </button>
      {alertOrder
        .filter((s) => s !== "removed" && (s === "critical" || s === "warning" || s === "clear" || count(s) > 0))
        .map((s) => (
          <button key={s} type="button" aria-pressed={wanted.has(s)} onClick={() => toggle(s)}>
            {s} <span class="count">{count(s)}</span>
          </button>
        ))}
    </div>
  );
}
