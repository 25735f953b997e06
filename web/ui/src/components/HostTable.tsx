import { Component, type JSX } from "preact";
import type { Signal } from "@preact/signals";
import type { Host } from "../api/types";
import { formatAgo, formatCount, formatDateTime } from "../chart/format";
import { hostHref, type HostKey } from "../state/hosts";
import { Badge } from "./Badge";

export interface Sort {
  key: HostKey;
  descending: boolean;
}

const columns: { key: HostKey; label: string; number?: true }[] = [
  { key: "hostname", label: "Host" },
  { key: "state", label: "State" },
  { key: "os", label: "System" },
  { key: "agent", label: "Agent" },
  { key: "charts", label: "Charts", number: true },
  { key: "metrics", label: "Metrics", number: true },
  { key: "samplesPerSecond", label: "Samples/s", number: true },
  { key: "lastSeen", label: "Last seen", number: true },
];

export function HostTable({ hosts, now, sort }: { hosts: Host[]; now: number; sort: Signal<Sort> }): JSX.Element {
  const by = (key: HostKey, number: boolean) => {
    const { key: old, descending } = sort.peek();
    // Figures are of interest from the largest, names from the first letter.
    sort.value = { key, descending: key === old ? !descending : number };
  };
  // The roles hold the table together on narrow screens, where its rows are laid out as cards.
  return (
    <table class="hosts" role="table">
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((c) => {
            const sorted = sort.value.key === c.key;
            return (
              <th key={c.key} role="columnheader" scope="col" class={c.number ? "number" : ""} aria-sort={sorted ? (sort.value.descending ? "descending" : "ascending") : "none"}>
                <button type="button" onClick={() => by(c.key, c.number ?? false)}>
                  {c.label}
                  <span class="arrow" aria-hidden="true">
                    {sorted ? (sort.value.descending ? "↓" : "↑") : ""}
                  </span>
                </button>
              </th>
            );
          })}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {hosts.map((h) => (
          <HostRow key={h.guid} host={h} seen={h.state === "live" || h.state === "replicating" ? "now" : formatAgo(h.lastSeen, now)} />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps {
  host: Host;
  seen: string;
}

/** A row renders again only when something it shows changed: most of a large fleet looks the same from one answer to the next. */
class HostRow extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    return next.seen !== this.props.seen || face(next.host) !== face(this.props.host);
  }

  override render({ host: h, seen }: RowProps): JSX.Element {
    return (
      <tr role="row">
        <th role="rowheader" scope="row" class="hostname">
          <a href={hostHref(h)}>{h.hostname}</a>
          {h.ambiguous && <span class="guid">{h.guid}</span>}
        </th>
        <td role="cell">
          <Badge host={h} />
        </td>
        <td role="cell" data-label="System">
          {h.os || "–"}
        </td>
        <td role="cell" data-label="Agent">
          {h.agent || "–"}
        </td>
        <td role="cell" class="number" data-label="Charts">
          {formatCount(h.charts)}
        </td>
        <td role="cell" class="number" data-label="Metrics">
          {formatCount(h.metrics)}
        </td>
        <td role="cell" class="number" data-label="Samples/s">
          {formatCount(h.samplesPerSecond)}
        </td>
        <td role="cell" class="number" data-label="Last seen" title={h.lastSeen > 0 ? formatDateTime(h.lastSeen) : undefined}>
          {seen}
        </td>
      </tr>
    );
  }
}

function face(h: Host): string {
  return [h.hostname, h.ambiguous, h.state, Math.floor(h.replicationPercent), h.os, h.agent, h.charts, h.metrics, formatCount(h.samplesPerSecond)].join("\n");
}
