import type { JSX } from "preact";
import { useSignal, effect, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Fleet, Host, HostState } from "../api/types";
import { groupOf, statesText } from "../state/fleetview";
import { hostKeys, hostStates, labelValues, type AlertFilter, type HostFilter, type HostKey } from "../state/hosts";
import { parameters, setParameters } from "../state/router";
import { Button } from "./Button";
import { Select, type Choice } from "./Field";
import { useKeys } from "./keys";
import { SearchField } from "./SearchField";
import type { Sort } from "./Table";

interface Props {
  fleet: Fleet;
  /** What all filters but that of the state let through. */
  found: readonly Host[];
  filter: HostFilter;
  sort: Signal<Sort<HostKey>>;
  tiles: boolean;
  /** Enter and the down arrow in the search lead to what is found. */
  onEnter: () => void;
  onDown: () => void;
}

const alertChoices: readonly Choice<AlertFilter>[] = [
  { value: "", label: "any alerts" },
  { value: "raised", label: "with alerts" },
  { value: "critical", label: "critical" },
  { value: "warning", label: "warning" },
  { value: "none", label: "without alerts" },
];

/** Search, filters, grouping and view of the fleet. */
export function FleetBar({ fleet, found, filter, sort, tiles, onEnter, onDown }: Props): JSX.Element {
  const toggleView = () => setParameters({ view: tiles ? null : "tiles" });
  useKeys({ v: toggleView });
  const labels = labelValues(fleet.hosts);
  const keys = [...new Set(labels.map((l) => l.key))];
  const labelChoices: Choice<string>[] = [{ value: "", label: "any labels" }, ...labels.map((l) => ({ value: `${l.key}=${l.value}`, label: `${l.key} = ${l.value} (${l.hosts})` }))];
  if (filter.label !== "" && !labelChoices.some((c) => c.value === filter.label)) labelChoices.push({ value: filter.label, label: filter.label.replace("=", " = ") });
  const groupChoices: Choice<string>[] = [
    { value: "", label: "not grouped" },
    { value: ".state", label: "by state" },
    { value: ".os", label: "by system" },
    { value: ".agent", label: "by agent" },
    ...keys.map((k) => ({ value: k, label: `by ${k}` })),
  ];
  return (
    <div class="fleet-bar" role="search" aria-label="hosts">
      <Search onEnter={onEnter} onDown={onDown} />
      <div class="switch from-tablet" role="group" aria-label="view">
        <Button kind="quiet" icon="table" aria-label="table" title="table (v)" aria-pressed={!tiles} onClick={() => setParameters({ view: null })} />
        <Button kind="quiet" icon="tiles" aria-label="tiles" title="tiles (v)" aria-pressed={tiles} onClick={() => setParameters({ view: "tiles" })} />
      </div>
      <div class="fleet-filters">
        <States found={found} filter={filter} />
        <div class="fleet-choices">
          <Select quiet label="Alerts" value={filter.alert} choices={alertChoices} onValue={(alert) => setParameters({ alert })} />
          <Select quiet label="Label" value={filter.label} choices={labelChoices} onValue={(label) => setParameters({ label })} />
          <Select quiet label="Group" value={groupOf(parameters.value)} choices={groupChoices} onValue={(group) => setParameters({ group })} />
          {tiles && (
            <Select
              quiet
              label="Order"
              value={`${sort.value.descending ? "-" : ""}${sort.value.key}`}
              choices={hostKeys.flatMap(({ key, label }) => [
                { value: key as string, label: `${label} ↑` },
                { value: `-${key}`, label: `${label} ↓` },
              ])}
              onValue={(v) => (sort.value = { key: v.replace(/^-/, "") as HostKey, descending: v.startsWith("-") })}
            />
          )}
        </div>
      </div>
    </div>
  );
}

function Search(to: Pick<Props, "onEnter" | "onDown">): JSX.Element {
  const query = useSignal(parameters.peek().get("q") ?? "");
  useEffect(() => {
    query.value = parameters.value.get("q") ?? ""; // the back button, or "show all"
  }, [parameters.value.get("q")]);
  // At once, and not with the next frame: what is typed meanwhile would be taken back, and Enter would open what was found before.
  useEffect(() => effect(() => setParameters({ q: query.value })), [query]);
  return <SearchField query={query} label="Search hosts" {...to} />;
}

function States({ found, filter }: { found: readonly Host[]; filter: HostFilter }): JSX.Element {
  const counts = new Map<HostState, number>();
  for (const h of found) counts.set(h.state, (counts.get(h.state) ?? 0) + 1);
  const toggle = (state: HostState) => {
    const next = new Set(filter.states);
    if (!next.delete(state)) next.add(state);
    setParameters({ state: statesText(next) });
  };
  return (
    <div class="chips" role="group" aria-label="state">
      <button type="button" aria-pressed={filter.states.size === 0} onClick={() => setParameters({ state: null })}>
        all <span class="count">{found.length}</span>
      </button>
      {hostStates.map((state) => (
        <button key={state} type="button" class={state} aria-pressed={filter.states.has(state)} onClick={() => toggle(state)}>
          <span class="dot" aria-hidden="true" />
          {state} <span class="count">{counts.get(state) ?? 0}</span>
        </button>
      ))}
    </div>
  );
}
