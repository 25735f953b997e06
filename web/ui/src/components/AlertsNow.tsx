import type { JSX } from "preact";
import { useSignal, useSignalEffect, type ReadonlySignal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { alertId, type Alert, type AlertList } from "../api/alerts";
import { alertLines, filterAlerts, filterButStatus, groupAlerts, hostsOf, isNarrowed, isRaised, rolesIn, showOf, sortAlerts, type AlertLine, type AlertSort } from "../state/alerts";
import type { AlertStore } from "../state/alertstore";
import { noFilter, type AlertView } from "../state/alertview";
import { setParameters } from "../state/router";
import { AlertFilters } from "./AlertFilters";
import { AlertTable } from "./AlertTable";
import { Button } from "./Button";
import { useKeys } from "./keys";
import { EmptyState } from "./States";
import type { Sort } from "./Table";

interface Props {
  store: AlertStore;
  list: AlertList;
  view: ReadonlySignal<AlertView>;
  selected: Signal<ReadonlySet<string>>;
  narrow: boolean;
  onSilence: (alerts: readonly Alert[]) => void;
}

/** The alerts as they are now. */
export function AlertsNow({ store, list, view, selected, narrow, onSilence }: Props): JSX.Element {
  const v = view.value;
  const closed = useSignal<ReadonlySet<string>>(new Set());
  const sort = useSignal<Sort<AlertSort>>(v.sort);
  useSignalEffect(() => {
    const { key, descending } = sort.value;
    setParameters({ sort: key === "status" && !descending ? null : `${descending ? "-" : ""}${key}` });
  });
  useEffect(() => store.want(v.statuses), [store, v.statuses]);

  const found = sortAlerts(filterAlerts(list.alerts, v), sort.value.key, sort.value.descending);
  const lines = alertLines(groupAlerts(found, v.group), closed.value, v.group !== "");
  const others = filterButStatus(list.alerts, v);
  const raised = list.alerts.filter((a) => isRaised(a.status));
  const count = (s: Alert["status"]) => others.filter((a) => a.status === s).length;
  const chosen = found.filter((a) => selected.value.has(a.id));
  const shown = v.show ? showOf(v.show) : "";
  useListKeys(lines, shown, () => onSilence(found.filter((a) => selected.peek().has(a.id))));

  const toggle = (group: string) => {
    const next = new Set(closed.peek());
    if (!next.delete(group)) next.add(group);
    closed.value = next;
  };
  return (
    <>
      <AlertFilters view={v} totals={{ ...list.total, critical: count("critical"), warning: count("warning") }} hosts={hostsOf(raised)} roles={rolesIn(raised)} oneHost={store.host !== ""} />
      {list.matched > list.alerts.length && (
        <p class="note-line">
          There are {list.matched} such alerts; these are the worst {list.alerts.length}.
        </p>
      )}
      {found.length > 0 ? (
        <>
          <AlertTable lines={lines} sort={sort} selected={selected} shown={v.show ? alertId(v.show) : ""} now={list.now} narrow={narrow} onToggle={toggle} />
          <Selection found={found} chosen={chosen} selected={selected} onSilence={onSilence} />
        </>
      ) : (
        <Nothing list={list} filtered={isNarrowed(v)} />
      )}
    </>
  );
}

/** What can be done with the alerts that are selected: a bar at the bottom, where it covers nothing that is looked for. */
function Selection({ found, chosen, selected, onSilence }: { found: readonly Alert[]; chosen: readonly Alert[]; selected: Signal<ReadonlySet<string>>; onSilence: (alerts: readonly Alert[]) => void }): JSX.Element | null {
  if (chosen.length === 0) return null;
  return (
    <div class="selection" role="region" aria-label="selected alerts">
      <b>{chosen.length} selected</b>
      {chosen.length < found.length && (
        <Button kind="quiet" onClick={() => (selected.value = new Set(found.map((a) => a.id)))}>
          All {found.length}
        </Button>
      )}
      <Button kind="quiet" onClick={() => (selected.value = new Set())}>
        None
      </Button>
      <Button kind="primary" icon="mute" onClick={() => onSilence(chosen)}>
        Silence…
      </Button>
    </div>
  );
}

function Nothing({ list, filtered }: { list: AlertList; filtered: boolean }): JSX.Element {
  const { critical, warning, clear, undefined: unclear, uninitialized } = list.total;
  const total = critical + warning + clear + unclear + uninitialized;
  if (filtered) {
    return (
      <EmptyState
        title="No alert matches"
        icon="search"
        action={
          <Button icon="close" onClick={() => setParameters(noFilter)}>
            Clear the filters
          </Button>
        }
      />
    );
  }
  if (total === 0) {
    return (
      <EmptyState title="No alerts are evaluated" icon="bell">
        Health monitoring is off, or no host sends what the definitions look at.
      </EmptyState>
    );
  }
  return (
    <EmptyState title="All is well" icon="check">
      {total} {total === 1 ? "alert is" : "alerts are"} evaluated, and none is raised.
    </EmptyState>
  );
}

/** j and k walk through the list, the details with them when they are open; x selects, m silences what is selected. */
function useListKeys(lines: readonly AlertLine[], shown: string, silence: () => void): void {
  const shows = lines.flatMap((l) => (l.kind === "alert" ? [showOf(l.alert)] : []));
  const focused = () => (document.activeElement as HTMLElement | null)?.closest("tr")?.querySelector<HTMLElement>("a[data-show]")?.dataset["show"] ?? "";
  const step = (by: number) => {
    const at = shows.indexOf(focused() || shown);
    const next = shows[Math.max(0, Math.min(shows.length - 1, at < 0 ? 0 : at + by))];
    if (next === undefined) return;
    if (shown !== "") setParameters({ show: next, at: null });
    const link = document.querySelector<HTMLElement>(`a[data-show="${CSS.escape(next)}"]`);
    link?.focus({ preventScroll: true });
    link?.scrollIntoView({ block: "nearest" });
  };
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    x: () => document.activeElement?.closest("tr")?.querySelector<HTMLElement>(".pick input")?.click(),
    m: silence,
  });
}
