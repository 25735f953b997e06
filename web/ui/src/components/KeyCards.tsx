import type { JSX } from "preact";
import type { StreamKey } from "../api/streaming";
import { formatDuration } from "../chart/format";
import { FactsList } from "./FactsList";
import { EmptyState } from "./States";
import { Icon } from "./icons";

/** The API keys, masked, and what the children that come with them get. */
export function KeyCards({ keys }: { keys: readonly StreamKey[] }): JSX.Element {
  if (keys.length === 0) {
    return (
      <EmptyState title="No API key is accepted" icon="key">
        Run <code>foster key</code> and add the section it prints to foster's <code>stream.conf</code>.
      </EmptyState>
    );
  }
  return (
    <div class="cards">
      {keys.map((k) => (
        <section key={k.apiKey} class="card key" aria-label={`API key ${k.apiKey}`}>
          <h2>
            <Icon name="key" />
            <code>{k.apiKey}</code>
          </h2>
          <FactsList
            facts={[
              ["Hosts", String(k.hosts)],
              ["Accepted from", k.allowFrom === "*" ? "anywhere" : k.allowFrom],
              ["Kept in", k.memoryMode],
              ["Missing history", k.replication ? `fetched, ${formatDuration(k.replicationPeriod)} back` : "not fetched"],
              ["Compression", k.compression.length > 0 ? k.compression.join(", ") : "none"],
              ["Alerts", { yes: "always", no: "never", auto: "while connected" }[k.health] ?? k.health],
              ...(k.ephemeral ? [["Hosts are", "ephemeral"] as const] : []),
            ]}
          />
        </section>
      ))}
    </div>
  );
}
