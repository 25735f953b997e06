import type { JSX } from "preact";
import "../styles/fleet.css";
import { useComputed, useSignal, type ReadonlySignal, type Signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { Fleet } from "../api/types";
import { formatCount } from "../chart/format";
import { FirstChild } from "../components/FirstChild";
import { FleetBar } from "../components/FleetBar";
import { groupLines, type HostLine } from "../components/HostLines";
import { HostTable } from "../components/HostTable";
import { HostTiles } from "../components/HostTiles";
import { stepLink, useListKeys } from "../components/listkeys";
import { useMedia } from "../components/media";
import { Button } from "../components/Button";
import { EmptyState, ErrorState, Skeleton } from "../components/States";
import type { Sort } from "../components/Table";
import { TopBar } from "../components/TopBar";
import { FleetStore } from "../state/fleet";
import { filterOf, groupOf, sortOf, sortText, viewOf } from "../state/fleetview";
import { filterHosts, groupHosts, hostHref, sortHosts, type HostKey } from "../state/hosts";
import { navigate, parameters, setParameters } from "../state/router";

const links = ".fleet a.row, .fleet .group-head"; // what leads to hosts, and opens their groups

export function FleetPage(): JSX.Element {
  const store = useMemo(() => new FleetStore(), []);
  useEffect(() => () => store.close(), [store]);
  const fleet = store.fleet.value;
  useEffect(() => {
    document.title = "foster";
  }, []);
  return (
    <>
      <TopBar title="Fleet">{fleet && fleet.hosts.length > 0 && <Totals store={store} />}</TopBar>
      <main class="page fleet">{fleet === null ? <Waiting store={store} /> : fleet.hosts.length === 0 ? <FirstChild /> : <Hosts store={store} fleet={store.fleet as Signal<Fleet>} />}</main>
    </>
  );
}

function Waiting({ store }: { store: FleetStore }): JSX.Element {
  if (store.error.value !== null) return <ErrorState title="The hosts could not be read" message={`${store.error.value}. The page tries again by itself.`} onRetry={() => store.again()} />;
  return <Skeleton label="loading the hosts" rows={10} height={50} />;
}

function Totals({ store }: { store: FleetStore }): JSX.Element {
  const hosts = store.fleet.value!.hosts;
  let samples = 0;
  for (const f of store.figures.value.values()) samples += f.samplesPerSecond;
  const metrics = hosts.reduce((n, h) => n + h.metrics, 0);
  return (
    <p class="totals">
      <b>{hosts.length}</b> {hosts.length === 1 ? "host" : "hosts"}
      <span class="from-tablet">
        , <b>{formatCount(metrics)}</b> metrics, <b>{formatCount(samples)}</b> samples/s
      </span>
    </p>
  );
}

function Hosts({ store, fleet }: { store: FleetStore; fleet: ReadonlySignal<Fleet> }): JSX.Element {
  const closed = useSignal<ReadonlySet<string>>(new Set());
  const filter = useComputed(() => filterOf(parameters.value));
  const sort = useSort();
  // The figures change every second; what is listed follows them more slowly.
  const found = useComputed(() => {
    void store.order.value;
    return filterHosts(fleet.value.hosts, store.figures.peek(), filter.value);
  });
  const chosen = useComputed(() => {
    const { states } = filter.value;
    return states.size === 0 ? found.value : found.value.filter((h) => states.has(h.state));
  });
  const lines = useComputed((): HostLine[] => {
    void store.order.value;
    const sorted = sortHosts(chosen.value, store.figures.peek(), sort.value.key, sort.value.descending);
    const by = groupOf(parameters.value);
    return by === "" ? sorted.map((host) => ({ kind: "host", host })) : groupLines(groupHosts(sorted, by), closed.value);
  });
  const toggle = (group: string) => {
    const next = new Set(closed.peek());
    if (!next.delete(group)) next.add(group);
    closed.value = next;
  };
  useListKeys(links);
  const toFound = () => stepLink(links, 1);
  const open = () => {
    const [only, ...others] = chosen.peek();
    if (only && others.length === 0) navigate(hostHref(only));
    else toFound();
  };
  const narrow = useMedia("(max-width: 699px)");
  const tiles = narrow || viewOf(parameters.value) === "tiles";
  return (
    <>
      <FleetBar fleet={fleet.value} found={found.value} filter={filter.value} sort={sort} tiles={tiles} onEnter={open} onDown={toFound} />
      {lines.value.length === 0 ? (
        <EmptyState title="No host matches" icon="search" action={<Button onClick={() => setParameters({ q: null, state: null, label: null, alert: null })}>Show all {fleet.value.hosts.length}</Button>}>
          None of the {fleet.value.hosts.length} hosts is like that.
        </EmptyState>
      ) : tiles ? (
        <HostTiles store={store} lines={lines.value} onToggle={toggle} />
      ) : (
        <HostTable store={store} lines={lines.value} sort={sort} onToggle={toggle} />
      )}
    </>
  );
}

/** The order, which stands in the address: a signal for the table, written back when it changes it. */
function useSort(): Signal<Sort<HostKey>> {
  const sort = useSignal(sortOf(parameters.peek()));
  const { value } = sort;
  useEffect(() => setParameters({ sort: sortText(value) }), [value]);
  return sort;
}
