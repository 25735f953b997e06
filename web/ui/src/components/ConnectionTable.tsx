import type { JSX } from "preact";
import { useComputed, useSignal, type ReadonlySignal } from "@preact/signals";
import type { Child, Streaming } from "../api/streaming";
import { formatAgo, formatBytes, formatCount, formatDuration, formatNumber } from "../chart/format";
import { compileSearch } from "../state/search";
import { compressionRatio } from "../state/streaming";
import { Badge } from "./Badge";
import { ConnectionDialog } from "./ConnectionDialog";
import { EmptyState } from "./States";
import { Status } from "./Status";
import { Table, type Column, type Sort } from "./Table";

type Key = "hostname" | "state" | "agent" | "compression" | "samples" | "bytes" | "lag" | "since" | "error";

const natural = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** Every host and how it is connected, or why it is not. */
export function ConnectionTable({ s, rates, query }: { s: Streaming; rates: ReadonlySignal<ReadonlyMap<string, number>>; query: ReadonlySignal<string> }): JSX.Element {
  const sort = useSignal<Sort<Key>>({ key: "hostname", descending: false });
  const shown = useSignal<string | null>(null);
  const matches = useComputed(() => compileSearch(query.value)).value;
  const rows = sortChildren(
    s.children.filter((c) => matches([c.hostname, c.guid, c.state, c.agent, c.apiKey, c.connection?.address ?? "", c.connection?.compression ?? "", c.ended?.reason ?? ""])),
    sort.value,
    rates.value,
  );
  const columns: Column<Child, Key>[] = [
    {
      key: "hostname",
      label: "Host",
      render: (c) => (
        <button type="button" class="link row-button" aria-haspopup="dialog" onClick={() => (shown.value = c.guid)}>
          {c.hostname}
        </button>
      ),
    },
    { key: "state", label: "State", width: "150px", render: (c) => <Badge host={{ state: c.state, replicationPercent: c.connection?.replicationPercent ?? 100 }} /> },
    { key: "agent", label: "Agent", width: "104px", from: "desktop", render: (c) => c.agent || "–" },
    { key: "compression", label: "Compression", width: "124px", from: "tablet", render: (c) => <Ratio child={c} /> },
    { key: "samples", label: "Samples/s", width: "104px", number: true, render: (c) => (c.connection ? formatCount(c.connection.samplesPerSecond) : "–") },
    { key: "bytes", label: "Received", width: "110px", number: true, from: "desktop", render: (c) => (rates.value.has(c.guid) ? `${formatBytes(Math.round(rates.value.get(c.guid)!))}/s` : "–") },
    { key: "lag", label: "Lag", title: "how old the newest sample is", width: "84px", number: true, from: "tablet", render: (c) => <Lag child={c} /> },
    { key: "since", label: "Connected", width: "116px", number: true, from: "desktop", render: (c) => (c.connection ? formatDuration(s.now - c.connection.since) : formatAgo(c.lastSeen, s.now)) },
    { key: "error", label: "Last end", width: "22%", from: "desktop", render: (c) => <LastEnd child={c} now={s.now} /> },
  ];
  if (s.children.length === 0) {
    return (
      <EmptyState title="No child has ever connected" icon="stream">
        The <a href="/">fleet page</a> shows the lines to put into a child's configuration.
      </EmptyState>
    );
  }
  const child = s.children.find((c) => c.guid === shown.value);
  return (
    <>
      {rows.length === 0 ? <EmptyState title="No connection matches" icon="search" /> : <Table label="Connections" columns={columns} rows={rows} rowKey={(c) => c.guid} rowHeight={42} sort={sort} />}
      <ConnectionDialog child={child ?? null} now={s.now} onClose={() => (shown.value = null)} />
    </>
  );
}

function Ratio({ child }: { child: Child }): JSX.Element {
  if (!child.connection) return <>–</>;
  const ratio = compressionRatio(child.connection);
  const { compression } = child.connection;
  if (compression === "none" || compression === "") return <span class="none-yet">none</span>;
  return (
    <>
      {compression} {ratio !== null && <span class="figure">×{formatNumber(ratio, 1)}</span>}
    </>
  );
}

const late = 30; // s; slower charts come as rarely

function Lag({ child }: { child: Child }): JSX.Element {
  const lag = child.connection?.lag ?? null;
  if (lag === null) return <>–</>;
  const text = lag < 10 ? `${formatNumber(lag, 1)} s` : formatDuration(lag);
  return lag > late && child.state === "live" ? <Status tone="warning">{text}</Status> : <>{text}</>;
}

function LastEnd({ child, now }: { child: Child; now: number }): JSX.Element {
  if (!child.ended) return <span class="none-yet">–</span>;
  const text = `${child.ended.reason || "not known"}, ${formatAgo(child.ended.until, now)}`;
  return <span title={text}>{text}</span>;
}

function sortChildren(children: readonly Child[], { key, descending }: Sort<Key>, rates: ReadonlyMap<string, number>): Child[] {
  const states = ["live", "replicating", "stale", "archived"];
  const value = (c: Child): number | string => {
    switch (key) {
      case "hostname":
        return "";
      case "state":
        return states.indexOf(c.state);
      case "agent":
        return c.agent;
      case "compression":
        return (c.connection && compressionRatio(c.connection)) ?? -1;
      case "samples":
        return c.connection?.samplesPerSecond ?? -1;
      case "bytes":
        return rates.get(c.guid) ?? -1;
      case "lag":
        return c.connection?.lag ?? -1;
      case "since":
        return c.connection ? -c.connection.since : -Infinity;
      case "error":
        return c.ended?.until ?? -1;
    }
  };
  const sign = descending ? -1 : 1;
  const name = (a: Child, b: Child) => natural.compare(a.hostname, b.hostname) || natural.compare(a.guid, b.guid);
  return children.toSorted((a, b) => {
    if (key === "hostname") return sign * name(a, b);
    const [x, y] = [value(a), value(b)];
    const order = typeof x === "number" && typeof y === "number" ? (x === y ? 0 : x < y ? -1 : 1) : natural.compare(String(x), String(y));
    return sign * order || name(a, b);
  });
}
