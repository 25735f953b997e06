import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import type { Fleet } from "../api/types";
import { Icon } from "./icons";

/** The address a child connects to, in the form of stream.conf: this page's own, with TLS when the page came over it. */
export function destination(at: Pick<Location, "protocol" | "hostname" | "port">): string {
  const tls = at.protocol === "https:";
  return `${at.hostname}:${at.port || (tls ? "443" : "80")}${tls ? ":SSL" : ""}`;
}

/** What the fleet page shows before anything has streamed: how to make the first child connect. */
export function FirstChild({ fleet }: { fleet: Fleet }): JSX.Element {
  const copied = useSignal(false);
  const lines = ["[stream]", "    enabled = yes", `    destination = ${destination(location)}`, "    api key = YOUR-API-KEY"].join("\n");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(lines);
      copied.value = true;
      setTimeout(() => (copied.value = false), 2000);
    } catch {
      // Without a secure context there is no clipboard: the lines can be selected.
    }
  };
  return (
    <section class="first">
      <h1>No child has connected yet</h1>
      <p>
        Put these lines into <code>stream.conf</code> of a Netdata agent and restart it. Its host appears here by itself.
      </p>
      <div class="config">
        <pre tabIndex={0}>{lines}</pre>
        {isSecureContext && (
          <button type="button" onClick={() => void copy()}>
            <Icon name="copy" />
            {copied.value ? "copied" : "copy"}
          </button>
        )}
      </div>
      <ul>
        <li>
          <b>YOUR-API-KEY</b>{" "}
          {fleet.apiKeys === 0 ? (
            <>
              – foster accepts none yet: run <code>foster key</code> and add the section it prints to foster's own <code>stream.conf</code>.
            </>
          ) : (
            <>
              is the one foster printed when it first started. It is also in foster's own <code>stream.conf</code>, in square brackets.
            </>
          )}
        </li>
        <li>
          The file is usually <code>/etc/netdata/stream.conf</code>; restart with <code>systemctl restart netdata</code>.
        </li>
        <li>A child that is refused says why in its own log, and foster logs the same.</li>
      </ul>
      <p class="waiting">
        <span class="dot" aria-hidden="true" /> waiting for the first child
      </p>
    </section>
  );
}
