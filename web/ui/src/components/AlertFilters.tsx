import type { JSX } from "preact";
import type { AlertStatus, AlertTotals, Facet } from "../api/alerts";
import { alertOrder, isNarrowed, type Grouping } from "../state/alerts";
import { noFilter, type AlertView } from "../state/alertview";
import { setParameters } from "../state/router";
import { Button } from "./Button";
import { Select, type Choice } from "./Field";

interface Props {
  view: AlertView;
  /** What the choices of the status count: alerts now; null in the past, where only those raised are known. */
  totals: AlertTotals | null;
  hosts: readonly Facet[];
  roles: readonly Facet[];
  /** The page is of one host. */
  oneHost: boolean;
}

const silencedChoices: readonly Choice<string>[] = [
  { value: "", label: "silenced or not" },
  { value: "no", label: "not silenced" },
  { value: "only", label: "only silenced" },
];

const groups: readonly Choice<Grouping>[] = [
  { value: "", label: "not grouped" },
  { value: "severity", label: "by severity" },
  { value: "host", label: "by host" },
  { value: "role", label: "by role" },
  { value: "alert", label: "by alert" },
];

/** What of the alerts is shown. */
export function AlertFilters({ view, totals, hosts, roles, oneHost }: Props): JSX.Element {
  const choices = (any: string, list: readonly Facet[], chosen: string): Choice<string>[] => {
    const out = [{ value: "", label: any }, ...list.map((f) => ({ value: f.value, label: `${f.label} (${f.count})` }))];
    if (chosen !== "" && !list.some((f) => f.value === chosen)) out.push({ value: chosen, label: chosen });
    return out;
  };
  const host = hosts.find((f) => f.label === view.host)?.value ?? view.host;
  return (
    <div class="alert-filters" role="search" aria-label="alerts">
      <Statuses view={view} totals={totals} />
      <div class="alert-choices">
        {!oneHost && <Select quiet label="Host" value={host} choices={choices("all hosts", hosts, host)} onValue={(v) => setParameters({ host: v })} />}
        <Select quiet label="Role" value={view.role} choices={choices("any role", roles, view.role)} onValue={(v) => setParameters({ role: v })} />
        <Select quiet label="Silenced" value={view.silenced} choices={silencedChoices} onValue={(v) => setParameters({ silenced: v })} />
        {totals && <Select quiet label="Group" value={view.group} choices={oneHost ? groups.filter((g) => g.value !== "host") : groups} onValue={(v) => setParameters({ group: v })} />}
        {isNarrowed(view) && (
          <Button kind="quiet" icon="close" onClick={() => setParameters(noFilter)}>
            Clear
          </Button>
        )}
      </div>
    </div>
  );
}

function Statuses({ view, totals }: { view: AlertView; totals: AlertTotals | null }): JSX.Element {
  const wanted = view.statuses;
  const toggle = (s: AlertStatus) => {
    const next = new Set(wanted);
    if (!next.delete(s)) next.add(s);
    setParameters({ status: alertOrder.filter((o) => next.has(o)).join(",") });
  };
  const known = (["critical", "warning", "undefined", "uninitialized", "clear"] as const).filter((s) => s === "critical" || s === "warning" || (totals && (s === "clear" || totals[s] > 0 || wanted.has(s))));
  return (
    <div class="chips" role="group" aria-label="status">
      <button type="button" aria-pressed={wanted.size === 0} onClick={() => setParameters({ status: null })}>
        raised {totals && <span class="count">{totals.critical + totals.warning}</span>}
      </button>
      {known.map((s) => (
        <button key={s} type="button" aria-pressed={wanted.has(s)} onClick={() => toggle(s)}>
          {s} {totals && <span class="count">{totals[s]}</span>}
        </button>
      ))}
    </div>
  );
}
