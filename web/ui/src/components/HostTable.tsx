import { Fragment, type JSX } from "preact";
import type { Signal } from "@preact/signals";
import { figureKinds } from "../api/fleet";
import type { Host } from "../api/types";
import { formatCount } from "../chart/format";
import type { FleetStore } from "../state/fleet";
import { hostHref, type HostKey } from "../state/hosts";
import { Badge } from "./Badge";
import { AlertCell, Figure, figureLabels, SpaceCell, subtitle, UptimeCell, useFollowed } from "./HostCells";
import type { HostLine } from "./HostLines";
import { GroupHead } from "./HostLines";
import { Table, type Column, type Sort } from "./Table";

const rowHeight = 50; // px

interface Props {
  store: FleetStore;
  lines: readonly HostLine[];
  sort: Signal<Sort<HostKey>>;
  onToggle: (group: string) => void;
}

export function HostTable({ store, lines, sort, onToggle }: Props): JSX.Element {
  const host = (render: (h: Host) => JSX.Element) => (line: HostLine) => (line.kind === "host" ? render(line.host) : null);
  const figures = (h: Host) => store.figures.value.get(h.guid);
  const columns: Column<HostLine, HostKey>[] = [
    { key: "hostname", label: "Host", render: host((h) => <NameCell store={store} host={h} />) },
    { key: "state", label: "State", width: "146px", from: "tablet", render: host((h) => <Badge host={h} />) },
    { key: "alerts", label: "Alerts", width: "12%", render: host((h) => <AlertCell figures={figures(h)} href={`${hostHref(h)}alerts`} />) },
    ...figureKinds.map(
      (kind): Column<HostLine, HostKey> => ({
        key: kind,
        label: figureLabels[kind],
        width: kind === "cpu" || kind === "memory" ? "132px" : "158px",
        number: true,
        ...(kind === "disk" || kind === "network" ? { from: "desktop" as const } : {}),
        render: host((h) => <Figure store={store} guid={h.guid} kind={kind} />),
      }),
    ),
    { key: "space", label: "Fullest", title: "the file system that is closest to being full", width: "80px", number: true, from: "desktop", render: host((h) => <SpaceCell figures={figures(h)} />) },
    { key: "uptime", label: "Uptime", width: "100px", number: true, from: "wide", render: host((h) => <UptimeCell host={h} figures={figures(h)} now={store.now.value} />) },
    { key: "samples", label: "Samples/s", width: "104px", number: true, from: "wide", render: host((h) => <span class="figure">{formatCount(figures(h)?.samplesPerSecond ?? 0)}</span>) },
  ];
  return (
    <Table
      label="Hosts"
      columns={columns}
      rows={lines}
      rowKey={(l) => (l.kind === "host" ? l.host.guid : `group ${l.name}`)}
      rowHeight={rowHeight}
      sort={sort}
      whole={(l) => (l.kind === "group" ? <GroupHead line={l} onToggle={onToggle} /> : undefined)}
    />
  );
}

function NameCell({ store, host: h }: { store: FleetStore; host: Host }): JSX.Element {
  useFollowed(store, h.guid);
  return (
    <Fragment>
      <a class="row" href={hostHref(h)}>
        {h.hostname}
      </a>
      <span class="sub" title={subtitle(h)}>
        {h.ambiguous ? h.guid : subtitle(h)}
      </span>
    </Fragment>
  );
}
