import type { JSX } from "preact";
import type { Host } from "../api/types";

/** The state of a host as a dot and a word, with a bar while it is replicating. */
export function Badge({ host }: { host: Pick<Host, "state" | "replicationPercent"> }): JSX.Element {
  const percent = Math.floor(host.replicationPercent);
  return (
    <span class={`badge ${host.state}`}>
      <span class="dot" aria-hidden="true" />
      {host.state}
      {host.state === "replicating" && (
        <>
          <span class="meter" role="progressbar" aria-label="replication" aria-valuenow={percent} aria-valuemin={0} aria-valuemax={100}>
            <span style={{ width: `${percent}%` }} />
          </span>
          <span class="figure">{percent} %</span>
        </>
      )}
    </span>
  );
}
