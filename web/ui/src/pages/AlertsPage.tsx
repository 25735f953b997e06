import type { JSX } from "preact";
import "../styles/host.css";
import "../styles/alerts.css";
import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { AlertList } from "../api/alerts";
import { AlertDetail } from "../components/AlertDetail";
import { AlertHistory } from "../components/AlertHistory";
import { AlertsNow } from "../components/AlertsNow";
import { isFullScreen } from "../components/fullscreen";
import { useKeys } from "../components/keys";
import { MaintenanceDialog } from "../components/MaintenanceDialog";
import { useMedia } from "../components/media";
import { SearchField } from "../components/SearchField";
import { SilenceDialog, type SilenceTarget } from "../components/SilenceDialog";
import { SilenceList } from "../components/SilenceList";
import { ErrorState, Skeleton } from "../components/States";
import { Tabs } from "../components/Tabs";
import { TokenDialog } from "../components/TokenDialog";
import { TopBar } from "../components/TopBar";
import { isRaised, showOf } from "../state/alerts";
import { AlertStore } from "../state/alertstore";
import { readAlertView } from "../state/alertview";
import { patternOf } from "../state/pattern";
import { parameters, setParameters } from "../state/router";
import { UnknownHost } from "./NotFoundPage";

/** What is wrong now and what was, of one host or ("") of all; who is told, and who is not. */
export function AlertsPage({ host }: { host: string }): JSX.Element {
  const store = useMemo(() => new AlertStore(host), [host]);
  useEffect(() => () => store.close(), [store]);
  const list = store.list.value.value;
  const name = list?.alerts[0]?.hostname ?? host;
  const raised = list ? list.total.critical + list.total.warning : 0;
  useEffect(() => {
    document.title = `${raised > 0 ? `(${raised}) ` : ""}Alerts${host === "" ? "" : ` of ${name}`} – foster`;
  }, [raised, name, host]);
  if (store.unknown.value) return <UnknownHost name={host} />;
  return (
    <>
      {host === "" ? (
        <TopBar title="Alerts" />
      ) : (
        <TopBar>
          <div class="hosttitle">
            <h1>{name}</h1>
            <a class="btn plain" href={`/host/${encodeURIComponent(host)}/`}>
              Charts
            </a>
          </div>
        </TopBar>
      )}
      <main class="page alerts">
        {list ? (
          <Content store={store} list={list} />
        ) : store.list.error.value !== null ? (
          <ErrorState title="The alerts could not be read" message={`${store.list.error.value}. The page tries again by itself.`} onRetry={() => void store.list.now()} />
        ) : (
          <Skeleton label="loading the alerts" />
        )}
      </main>
      <TokenDialog />
    </>
  );
}

function Content({ store, list }: { store: AlertStore; list: AlertList }): JSX.Element {
  const view = useComputed(() => readAlertView(parameters.value));
  const v = view.value;
  const query = useSignal(v.query);
  const selected = useSignal<ReadonlySet<string>>(new Set());
  const silencing = useSignal<SilenceTarget | null>(null);
  const maintaining = useSignal<string | null>(null);
  const beside = useMedia("(min-width: 1100px)");
  useEffect(() => setParameters({ q: query.value }), [query.value]);
  useEffect(() => {
    // The back button, and buttons that clear the filters.
    if (query.peek() !== v.query) query.value = v.query;
  }, [v.query]);
  const show = v.show ? showOf(v.show) : "";
  const close = () => {
    setParameters({ show: null, at: null });
    requestAnimationFrame(() => document.querySelector<HTMLElement>(`a[data-show="${CSS.escape(show)}"]`)?.focus({ preventScroll: true }));
  };
  useKeys({
    Escape: () => {
      if (isFullScreen()) return false;
      if (show !== "") close();
      else selected.value = new Set();
      return true;
    },
  });
  // On narrow screens the details take the place of the list, which is where it was when they are closed.
  const place = useRef(0);
  useEffect(() => {
    if (beside) return;
    if (show !== "") {
      place.current = scrollY;
      scrollTo(0, 0);
    } else if (place.current > 0) scrollTo(0, place.current);
  }, [show !== "", beside]);

  const own = store.host === "" ? "" : patternOf(store.host);
  const listed = show === "" || beside;
  return (
    <>
      <Said list={list} />
      {listed && (
        <div class="tab-bar">
          <Tabs
            label="Alerts"
            controls="alerts-panel"
            selected={v.tab}
            onSelect={(t) => setParameters({ tab: t === "now" ? null : t, at: null }, true)}
            tabs={[
              { id: "now", label: "Now", count: list.total.critical + list.total.warning },
              { id: "history", label: "History" },
              { id: "silences", label: "Silences", ...(store.silences.value.value && { count: store.silences.value.value.silences.length + store.silences.value.value.windows.length }) },
            ]}
          />
          {v.tab !== "silences" && <SearchField query={query} label="Search alerts" />}
        </div>
      )}
      <div class={v.show && beside ? "alerts-body beside" : "alerts-body"}>
        {listed && (
          <div id="alerts-panel" role="tabpanel" aria-label={{ now: "now", history: "history", silences: "silences" }[v.tab]}>
            {v.tab === "now" && <AlertsNow store={store} list={list} view={view} selected={selected} narrow={v.show !== null} onSilence={(alerts) => alerts.length > 0 && (silencing.value = { alerts, host: own })} />}
            {v.tab === "history" && <AlertHistory store={store} view={view} narrow={v.show !== null} />}
            {v.tab === "silences" && <SilenceList store={store} onSilence={() => (silencing.value = { alerts: [], host: own })} onMaintenance={() => (maintaining.value = own)} />}
          </div>
        )}
        {v.show && <AlertDetail store={store} show={v.show} at={v.at} back={beside ? "close" : "back to the list"} onClose={close} onSilence={(a) => (silencing.value = { alerts: [a], host: own })} />}
      </div>
      <SilenceDialog store={store} target={silencing} />
      <MaintenanceDialog store={store} open={maintaining} />
    </>
  );
}

/** Tells those who do not see the list when another alert is raised. */
function Said({ list }: { list: AlertList }): JSX.Element {
  const known = useRef<ReadonlySet<string> | null>(null);
  const text = useSignal("");
  useEffect(() => {
    const raised = list.alerts.filter((a) => isRaised(a.status));
    const fresh = known.current ? raised.filter((a) => !known.current!.has(`${a.id} ${a.status}`)) : [];
    known.current = new Set(raised.map((a) => `${a.id} ${a.status}`));
    if (fresh.length > 0) text.value = fresh.length > 3 ? `${fresh.length} more alerts are raised` : fresh.map((a) => `${a.name} on ${a.hostname} is ${a.status}`).join("; ");
  }, [list]);
  return (
    <div class="hidden" role="status" aria-live="polite">
      {text.value}
    </div>
  );
}
