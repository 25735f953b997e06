import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { fetchConnections, type Child, type PastConnection } from "../api/streaming";
import { formatAgo, formatBytes, formatCount, formatDateTime, formatDuration, formatNumber } from "../chart/format";
import { hostHref } from "../state/hosts";
import { compressionRatio } from "../state/streaming";
import { Badge } from "./Badge";
import { Dialog } from "./Dialog";
import { FactsList, type Fact } from "./FactsList";
import { Skeleton } from "./States";
import { Tag } from "./Status";

/** Everything about the connection of one host, and its connections before. */
export function ConnectionDialog({ child, now, onClose }: { child: Child | null; now: number; onClose: () => void }): JSX.Element {
  return (
    <Dialog title={child?.hostname ?? ""} open={child !== null} onClose={onClose} wide actions={child && <a class="btn primary" href={hostHref(child)}>Open the host</a>}>
      {child && <Details child={child} now={now} />}
    </Dialog>
  );
}

function Details({ child, now }: { child: Child; now: number }): JSX.Element {
  const c = child.connection;
  const ratio = c ? compressionRatio(c) : null;
  const facts: Fact[] = [
    ["State", <Badge host={{ state: child.state, replicationPercent: c?.replicationPercent ?? 100 }} />],
    ["Agent", child.agent || "–"],
    ["Machine GUID", <code>{child.guid}</code>],
    ["API key", child.apiKey ? <code>{child.apiKey}</code> : "–"],
    ["Hops", String(child.hops)],
  ];
  if (c) {
    facts.push(
      ["Address", `${c.address}${c.tls ? ", encrypted" : ", not encrypted"}`],
      ["Connected", `${formatDuration(now - c.since)}, since ${formatDateTime(c.since)}`],
      ["Compression", `${c.compression || "none"}${ratio !== null ? `, ${formatBytes(c.bytesPlain)} as ${formatBytes(c.bytesIn)} (×${formatNumber(ratio, 1)})` : ""}`],
      ["Samples", `${formatCount(c.samples)} stored, of these ${formatCount(c.replayed)} replayed; ${formatCount(c.dropped)} dropped`],
      ["Replay", c.replicatingCharts > 0 ? `${formatNumber(c.replicationPercent, 1)} %, ${c.replicatingCharts} charts to go` : "complete"],
      ["Lag", c.lag === null ? "–" : `${formatNumber(c.lag, 1)} s`],
      [
        "Capabilities",
        <span class="tags">
          {c.capabilities.map((name) => (
            <Tag key={name}>{name}</Tag>
          ))}
        </span>,
      ],
    );
  } else facts.push(["Last seen", formatAgo(child.lastSeen, now)]);
  if (child.ended) facts.push(["Last end", `${child.ended.reason || "not known"}, ${formatAgo(child.ended.until, now)}`]);
  return (
    <>
      <FactsList facts={facts} />
      <History guid={child.guid} since={c?.since ?? 0} />
    </>
  );
}

function History({ guid, since }: { guid: string; since: number }): JSX.Element {
  const past = useSignal<PastConnection[] | null>(null);
  const failed = useSignal(false);
  useEffect(() => {
    const abort = new AbortController();
    fetchConnections(guid, abort.signal).then(
      (list) => {
        past.value = list;
        failed.value = false;
      },
      () => (failed.value = !abort.signal.aborted),
    );
    return () => abort.abort();
  }, [guid, since]);
  if (failed.value) return <p class="none-yet">The connections before could not be read.</p>;
  if (past.value === null) return <Skeleton label="loading the connections before" rows={3} height={32} />;
  const ended = past.value.filter((c) => c.until !== null);
  if (ended.length === 0) return <p class="none-yet">No connection of this host has ended yet.</p>;
  return (
    <section class="past">
      <h3>Connections before</h3>
      <div class="past-scroll" tabIndex={0} role="region" aria-label="connections before">
        <table>
          <thead>
            <tr>
              <th scope="col">Began</th>
              <th scope="col">Lasted</th>
              <th scope="col">Samples</th>
              <th scope="col">Ended by</th>
            </tr>
          </thead>
          <tbody>
            {ended.map((c) => (
              <tr key={c.since}>
                <td>{formatDateTime(c.since)}</td>
                <td>{formatDuration(c.until! - c.since)}</td>
                <td>{formatCount(c.samples)}</td>
                <td>{c.reason || "not known"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
