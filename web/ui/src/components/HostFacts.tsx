import type { JSX } from "preact";
import { formatAgo, formatBytes, formatCount, formatDateTime, formatDuration } from "../chart/format";
import type { HostSession } from "../state/host";

/** The facts of a host in one strip: what it is, how much it sends and over what connection. */
export function HostFacts({ session }: { session: HostSession }): JSX.Element {
  const host = session.host.value;
  const info = session.info.value;
  const now = session.clock.now();
  const hardware = [
    info?.cores ? `${info.cores} ${info.cores === 1 ? "core" : "cores"}` : "",
    info?.memory ? formatBytes(info.memory) : "",
    info?.architecture,
    info?.virtualization && info.virtualization !== "none" ? info.virtualization : "",
  ];
  const facts: [name: string, value: string | undefined, title?: string][] = [
    ["system", host?.os || info?.os],
    ["kernel", host?.kernel || info?.kernel],
    ["hardware", hardware.filter(Boolean).join(", ")],
    ["agent", host?.agent || (info?.version ? `netdata ${info.version}` : "")],
    ["charts", host ? formatCount(host.charts) : ""],
    ["metrics", host ? formatCount(host.metrics) : ""],
    ["samples/s", host ? formatCount(host.samplesPerSecond) : ""],
  ];
  if (host?.connection) {
    const { address, since, compression, capabilities, tls } = host.connection;
    const path = host.hops > 1 ? `, over ${host.hops - 1} more ${host.hops === 2 ? "parent" : "parents"}` : "";
    facts.push(["connected", `${since > 0 ? `${formatDuration(now - since)}, ` : ""}${compression || "no"} compression${tls ? ", TLS" : ""}${path}`, `since ${formatDateTime(since)} from ${address}\n${capabilities.join(" ")}`]);
  } else if (host && host.lastSeen > 0) {
    facts.push(["last seen", formatAgo(host.lastSeen, now), formatDateTime(host.lastSeen)]);
  }
  const labels = Object.entries({ ...info?.labels, ...host?.labels }).filter(([k]) => !k.startsWith("_"));
  return (
    <div class="facts">
      <dl>
        {facts.map(
          ([name, value, title]) =>
            value && (
              <div key={name} title={title}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
      {labels.length > 0 && (
        <ul class="labels" aria-label="labels">
          {labels.map(([k, v]) => (
            <li key={k}>
              <span>{k}</span> {v}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
