import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import type { Alert } from "../api/alerts";
import { formatAgo, formatDateTime } from "../chart/format";
import { sortAlerts, type AlertKey } from "../state/alerts";
import { AlertStatusMark, alertValue } from "./AlertBits";
import { Table, type Column, type Sort } from "./Table";

/** Alerts as they are now, the worst first. */
export function AlertTable({ alerts, onShow }: { alerts: readonly Alert[]; onShow: (id: string) => void }): JSX.Element {
  const sort = useSignal<Sort<AlertKey>>({ key: "status", descending: false });
  const now = Date.now() / 1000;
  const columns: Column<Alert, AlertKey>[] = [
    {
      key: "name",
      label: "Alert",
      render: (a) => (
        <>
          <button type="button" class="link row-button" aria-haspopup="dialog" onClick={() => onShow(a.id)}>
            {a.name}
          </button>
          <span class="sub" title={a.summary}>
            <span class="on-phone">{a.hostname} · </span>
            {a.summary}
          </span>
        </>
      ),
    },
    { key: "status", label: "Status", width: "104px", render: (a) => <AlertStatusMark status={a.status} /> },
    { key: "value", label: "Value", width: "96px", number: true, render: (a) => alertValue(a.value, a.units) },
    { key: "hostname", label: "Host", width: "18%", from: "tablet", render: (a) => a.hostname },
    { key: "chart", label: "Chart", width: "18%", from: "desktop", render: (a) => <span title={a.chart}>{a.chart}</span> },
    { key: "role", label: "Role", width: "110px", from: "desktop", render: (a) => a.role || "–" },
    { key: "since", label: "Since", width: "112px", number: true, from: "tablet", render: (a) => (a.since > 0 ? <span title={formatDateTime(a.since)}>{formatAgo(a.since, now)}</span> : "–") },
  ];
  return <Table label="Alerts" columns={columns} rows={sortAlerts(alerts, sort.value.key, sort.value.descending)} rowKey={(a) => a.id} rowHeight={50} sort={sort} />;
}
