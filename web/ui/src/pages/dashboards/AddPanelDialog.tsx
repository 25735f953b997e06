import type { JSX } from "preact";
import { useComputed, useSignal, type ReadonlySignal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { fetchCharts, fetchFleet, messageOf } from "../../api/client";
import { mostPanels, type Panel } from "../../api/dashboards";
import type { Chart, Host } from "../../api/types";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Dialog } from "../../components/Dialog";
import { FormError } from "../../components/FormError";
import { SearchField } from "../../components/SearchField";
import { Skeleton } from "../../components/States";
import type { BoardEdit } from "../../state/boardedit";
import { hostTexts } from "../../state/hosts";
import { freeID } from "../../state/panels";
import { compileSearch } from "../../state/search";
import { chartTexts, groupCharts } from "../../state/sections";
import { count } from "./texts";

const mostListed = 60; // the search narrows longer lists

/** Chooses charts of hosts for the end of a dashboard: as many as wanted, until it is closed. */
export function AddPanelDialog({ edit, onClose }: { edit: BoardEdit; onClose: () => void }): JSX.Element {
  const hosts = useSignal<readonly Host[] | null>(null);
  const error = useSignal<string | null>(null);
  const guid = useSignal("");
  const hostQuery = useSignal("");
  const charts = useCharts(guid, error);
  const chartQuery = useSignal("");
  useEffect(() => {
    const abort = new AbortController();
    fetchFleet(abort.signal).then(
      (fleet) => {
        hosts.value = fleet.hosts;
        // The last chart's host is likely the one whose charts are being collected.
        const last = edit.content.peek()?.panels.at(-1);
        const start = fleet.hosts.find((h) => h.guid === last?.host) ?? fleet.hosts.find((h) => h.state === "live") ?? fleet.hosts[0];
        if (start) guid.value = start.guid;
      },
      (err: unknown) => {
        if (!abort.signal.aborted) error.value = `The hosts could not be read: ${messageOf(err)}`;
      },
    );
    return () => abort.abort();
  }, [edit, hosts, guid, error]);
  const foundHosts = useComputed(() => {
    const matches = compileSearch(hostQuery.value);
    return (hosts.value ?? []).filter((h) => matches(hostTexts(h)));
  });
  const foundCharts = useComputed(() => {
    const matches = compileSearch(chartQuery.value);
    return groupCharts((charts.value ?? []).filter((c) => matches(chartTexts(c)))).flatMap((s) => s.families.flatMap((f) => f.charts));
  });
  const host = hosts.value?.find((h) => h.guid === guid.value);
  const panels = edit.content.value?.panels ?? [];
  const add = (chart: Chart) => {
    if (!host) return;
    const panel = (list: readonly Panel[]): Panel => ({ id: freeID(list), host: host.guid, hostname: host.hostname, chart: chart.id, title: "", dimensions: [], width: 6, height: 3 });
    edit.arrange((list) => (list.length < mostPanels ? [...list, panel(list)] : list));
  };
  return (
    <Dialog
      title="Add charts"
      open
      wide
      onClose={onClose}
      actions={
        <>
          <span class="sub" role="status">
            {panels.length} of {mostPanels} charts
          </span>
          <Button kind="primary" onClick={onClose}>
            Done
          </Button>
        </>
      }
    >
      <FormError>{error.value}</FormError>
      {!hosts.value && error.value === null && <Skeleton label="loading the hosts" rows={4} />}
      {hosts.value?.length === 0 && <p>No host has streamed to this foster yet.</p>}
      {hosts.value && hosts.value.length > 0 && (
        <div class="picker">
          <section aria-label="hosts">
            <SearchField query={hostQuery} label="Search hosts" />
            <ul>
              {foundHosts.value.slice(0, mostListed).map((h) => (
                <li key={h.guid}>
                  <button type="button" class="picker-host" aria-pressed={h.guid === guid.value} title={h.guid} onClick={() => (guid.value = h.guid)}>
                    <span>{h.hostname}</span>
                    <Badge host={h} />
                  </button>
                </li>
              ))}
            </ul>
            <Rest found={foundHosts} what="host" />
          </section>
          <section aria-label={`charts of ${host?.hostname ?? "the host"}`}>
            <SearchField query={chartQuery} label={`Search charts of ${host?.hostname ?? "the host"}`} />
            {charts.value ? (
              <>
                <ul>
                  {foundCharts.value.slice(0, mostListed).map((c) => {
                    const n = panels.filter((p) => p.host === guid.value && p.chart === c.id).length;
                    return (
                      <li key={c.id} class="picker-chart">
                        <div>
                          <b>{c.title}</b>
                          <span class="sub">
                            {c.id} · {count(c.dimensions.length, "dimension")}, {c.units}
                          </span>
                        </div>
                        {n > 0 && <span class="tag ok">on it{n > 1 ? ` ${n} times` : ""}</span>}
                        <Button icon="plus" disabled={panels.length >= mostPanels} aria-label={`add ${c.id}`} onClick={() => add(c)} />
                      </li>
                    );
                  })}
                </ul>
                <Rest found={foundCharts} what="chart" />
              </>
            ) : (
              error.value === null && <Skeleton label="loading the charts" rows={5} />
            )}
          </section>
        </div>
      )}
    </Dialog>
  );
}

/** What is not listed of a list that was found. */
function Rest({ found, what }: { found: ReadonlySignal<readonly unknown[]>; what: string }): JSX.Element | null {
  const n = found.value.length;
  if (n === 0) return <p class="hint">No {what} matches.</p>;
  return n > mostListed ? (
    <p class="hint">
      and {n - mostListed} more: search to narrow the list
    </p>
  ) : null;
}

/** The charts of a host, null while they are asked for. */
function useCharts(guid: Signal<string>, error: Signal<string | null>): ReadonlySignal<readonly Chart[] | null> {
  const charts = useSignal<readonly Chart[] | null>(null);
  useEffect(() => {
    charts.value = null;
    if (guid.value === "") return;
    const abort = new AbortController();
    fetchCharts(guid.value, abort.signal).then(
      (list) => {
        error.value = null;
        charts.value = list;
      },
      (err: unknown) => {
        if (!abort.signal.aborted) error.value = `The charts could not be read: ${messageOf(err)}`;
      },
    );
    return () => abort.abort();
  }, [guid.value, charts, error]);
  return charts;
}
