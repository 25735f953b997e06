import type { JSX, TargetedMouseEvent } from "preact";
import { useComputed, type Signal } from "@preact/signals";
import type { Alert } from "../api/alerts";
import { formatAgo, formatDateTime } from "../chart/format";
import { showOf, type AlertLine, type AlertSort } from "../state/alerts";
import { isPlainClick, setParameters } from "../state/router";
import { AlertStatusMark, alertValue, QuietTag } from "./AlertBits";
import { Icon } from "./icons";
import { Status } from "./Status";
import { Table, type Column, type Sort } from "./Table";

interface Props {
  lines: readonly AlertLine[];
  sort: Signal<Sort<AlertSort>>;
  /** Ids of the alerts that are selected. */
  selected: Signal<ReadonlySet<string>>;
  /** Id of the alert whose details are shown, "": none. */
  shown: string;
  now: number;
  /** There is room for few columns only. */
  narrow: boolean;
  onToggle: (group: string) => void;
}

/** Alerts as they are now. Each row is a link to its details. */
export function AlertTable({ lines, sort, selected, shown, now, narrow, onToggle }: Props): JSX.Element {
  const cell = (render: (a: Alert) => JSX.Element | string) => (line: AlertLine) => (line.kind === "alert" ? render(line.alert) : null);
  const columns: Column<AlertLine, AlertSort>[] = [
    { key: "name", label: "Alert", render: cell((a) => <NameCell alert={a} selected={selected} current={a.id === shown} narrow={narrow} now={now} />) },
    { key: "status", label: "Status", width: "104px", render: cell((a) => <AlertStatusMark status={a.status} />) },
    { key: "value", label: "Value", width: "108px", number: true, from: narrow ? "wide" : "tablet", render: cell((a) => alertValue(a.value, a.units)) },
    ...(narrow
      ? []
      : ([
          { key: "hostname", label: "Host", width: "17%", from: "tablet", render: cell((a) => a.hostname) },
          { key: "chart", label: "Chart", width: "17%", from: "desktop", render: cell((a) => <span title={a.chart}>{a.chart}</span>) },
          { key: "role", label: "Role", width: "120px", from: "desktop", render: cell((a) => a.role || "–") },
        ] satisfies Column<AlertLine, AlertSort>[])),
    { key: "since", label: "Since", width: "98px", number: true, from: "tablet", render: cell((a) => (a.since > 0 ? <span title={formatDateTime(a.since)}>{formatAgo(a.since, now)}</span> : "–")) },
  ];
  return (
    <Table
      label="Alerts"
      columns={columns}
      rows={lines}
      rowKey={(l) => (l.kind === "alert" ? l.alert.id : `group ${l.name}`)}
      rowHeight={50}
      sort={sort}
      rowClass={(l) => (l.kind === "alert" ? [l.alert.id === shown ? "current" : "", l.alert.silenced || l.alert.disabled ? "quiet" : "", selected.value.has(l.alert.id) ? "selected" : ""].filter(Boolean).join(" ") || undefined : undefined)}
      whole={(l) => (l.kind === "group" ? <GroupHead line={l} onToggle={onToggle} /> : undefined)}
    />
  );
}

function NameCell({ alert: a, selected, current, narrow, now }: { alert: Alert; selected: Signal<ReadonlySet<string>>; current: boolean; narrow: boolean; now: number }): JSX.Element {
  const is = useComputed(() => selected.value.has(a.id)).value;
  const show = showOf(a);
  const toggle = () => {
    const next = new Set(selected.peek());
    if (!next.delete(a.id)) next.add(a.id);
    selected.value = next;
  };
  return (
    <div class="alert-name">
      <label class="pick">
        <input type="checkbox" checked={is} onChange={toggle} aria-label={`select ${a.name} on ${a.hostname}`} />
      </label>
      <div>
        <span class="named">
          <a class="row" href={showHref(show)} data-show={show} aria-current={current ? "true" : undefined} onClick={(e) => follow(e, show)}>
            {a.name}
          </a>
          <QuietTag silenced={a.silenced} disabled={a.disabled} />
        </span>
        <Sub host={narrow ? a.hostname : ""} phone={`${a.hostname} · ${alertValue(a.value, a.units)} · ${formatAgo(a.since, now)}`} text={a.summary || a.chart} />
      </div>
    </div>
  );
}

/** The line below a name: what it is about, and on phones what stands in columns elsewhere. */
export function Sub({ host, phone, text }: { host: string; phone: string; text: string }): JSX.Element {
  return (
    <span class="sub" title={text}>
      <span class="on-phone">{phone}</span>
      <span class="off-phone">
        {host !== "" && `${host} · `}
        {text}
      </span>
    </span>
  );
}

/** The address of this page with the details of an alert. */
export function showHref(show: string, at?: number): string {
  const q = new URLSearchParams(location.search);
  q.set("show", show);
  q.delete("at");
  if (at) q.set("at", String(at));
  return `${location.pathname}?${q.toString()}`;
}

/** Shows the details beside the list, which stays where it is; a click that wants another tab gets one. */
export function follow(e: TargetedMouseEvent<HTMLAnchorElement>, show: string, at?: number): void {
  if (!isPlainClick(e)) return;
  e.preventDefault();
  setParameters({ show, at: at ? String(at) : null }, true);
}

function GroupHead({ line, onToggle }: { line: AlertLine & { kind: "group" }; onToggle: (group: string) => void }): JSX.Element {
  return (
    <button type="button" class="group-head" aria-expanded={line.open} onClick={() => onToggle(line.name)}>
      <Icon name="chevron" />
      <b>{line.name || "without"}</b>
      {line.critical > 0 && <Status tone="critical">{line.critical} critical</Status>}
      {line.warning > 0 && <Status tone="warning">{line.warning} warning</Status>}
      {line.count > line.critical + line.warning && <span class="count">{line.count} in all</span>}
    </button>
  );
}
