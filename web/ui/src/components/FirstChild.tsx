import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { fetchFirstChild, type FirstChild as Told } from "../api/fleet";
import { Button } from "./Button";

/** The address a child connects to, in the form of stream.conf: this page's own, with TLS when the page came over it. */
export function destination(at: Pick<Location, "protocol" | "hostname" | "port">): string {
  const tls = at.protocol === "https:";
  return `${at.hostname}:${at.port || (tls ? "443" : "80")}${tls ? ":SSL" : ""}`;
}

/** The lines for a child's stream.conf; what the server does not tell this browser is left to fill in. */
function childLines(told: Told | null, at: Pick<Location, "protocol" | "hostname" | "port">): string {
  return ["[stream]", "    enabled = yes", `    destination = ${told?.destination ?? destination(at)}`, `    api key = ${told?.apiKey ?? "YOUR-API-KEY"}`].join("\n");
}

/** What the fleet page shows before anything has streamed: how to make the first child connect. It turns into the fleet by itself. */
export function FirstChild(): JSX.Element {
  const told = useSignal<Told | null>(null);
  const copied = useSignal(false);
  useEffect(() => {
    const abort = new AbortController();
    fetchFirstChild(abort.signal).then(
      (t) => (told.value = t),
      () => {
        // The lines are there without the key; the shell says when foster is away.
      },
    );
    return () => abort.abort();
  }, [told]);
  const lines = childLines(told.value, location);
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
      <h2>Connect the first child</h2>
      <p class="lead">foster is running and waits for Netdata agents to stream to it. Three steps on the machine you want to see here:</p>
      <ol>
        <li>
          <p>
            Open <code>stream.conf</code> of its agent, usually <code>/etc/netdata/stream.conf</code>, and put these lines in:
          </p>
          <div class="config">
            <pre role="group" tabIndex={0} aria-label="lines for stream.conf">
              {lines}
            </pre>
            {isSecureContext && (
              <Button icon={copied.value ? "check" : "copy"} onClick={() => void copy()}>
                {copied.value ? "Copied" : "Copy"}
              </Button>
            )}
          </div>
          <Key told={told.value} />
        </li>
        <li>
          <p>
            Restart the agent: <code>systemctl restart netdata</code>
          </p>
        </li>
        <li>
          <p>Come back: the host appears here by itself, within seconds.</p>
        </li>
      </ol>
      <p class="waiting" role="status">
        <span class="dot" aria-hidden="true" /> waiting for the first child
      </p>
      <p class="aside">
        Nothing comes? <a href="/streaming">Streaming</a> lists the children that were refused, and why.
      </p>
    </section>
  );
}

function Key({ told }: { told: Told | null }): JSX.Element | null {
  if (told === null) return null;
  if (told.apiKeys === 0) {
    return (
      <p class="note">
        foster accepts no API key yet: run <code>foster key</code> and add the section it prints to foster's own <code>stream.conf</code>.
      </p>
    );
  }
  if (told.apiKey !== null) return <p class="note">The key was made when foster first started. It is shown here on foster's own machine only, until the first child has come.</p>;
  return (
    <p class="note">
      <b>YOUR-API-KEY</b> is the one foster printed when it first started; it stands in foster's own <code>stream.conf</code>, in square brackets.
    </p>
  );
}
