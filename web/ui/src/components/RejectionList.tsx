import type { JSX } from "preact";
import { useComputed, type ReadonlySignal } from "@preact/signals";
import type { Rejection } from "../api/streaming";
import { formatAgo, formatDateTime } from "../chart/format";
import { compileSearch } from "../state/search";
import { EmptyState } from "./States";
import { Status, Tag } from "./Status";

/** What an operator can do about a rejection, by the words of its status; the first that fits. */
const advice: readonly [words: string, text: string][] = [
  ["INVALID API KEY", "Use a key of this foster in the child's stream.conf, or add a section for this one here."],
  ["API KEY DISABLED", "Nobody may use this key here: put one of this foster into the child's stream.conf, or a section for this key with enabled = yes into foster's."],
  ["NO API KEY", "The child's stream.conf has no api key."],
  ["NOT ALLOWED IP", "Add the address to allow from of the key or machine, or to allow streaming from."],
  ["MACHINE GUID DISABLED", "A section of this machine in foster's stream.conf refuses it."],
  ["DUPLICATE", "Two machines have the same machine GUID: cloned ones need a new one each."],
  ["ALREADY CONNECTED", "The old connection is still open; the child comes back by itself."],
  ["LOCALHOST", "The machine GUID is this foster's own: it cannot stream to itself, or its data directory was copied."],
  ["TRY LATER", "The child comes back by itself."],
  ["NOT ENCRYPTED", "Append :SSL to the destination in the child's stream.conf."],
];

export function adviceFor(status: string): string {
  return advice.find(([words]) => status.includes(words))?.[1] ?? "";
}

/** The children that were turned away, and why. */
export function RejectionList({ rejections, now, query }: { rejections: readonly Rejection[]; now: number; query: ReadonlySignal<string> }): JSX.Element {
  const matches = useComputed(() => compileSearch(query.value)).value;
  const shown = rejections.filter((r) => matches([r.hostname, r.address, r.guid, r.status, r.reason, r.agent, r.apiKey]));
  if (rejections.length === 0) {
    return (
      <EmptyState title="Nobody was rejected" icon="check">
        Since foster started, every child that came was let in.
      </EmptyState>
    );
  }
  if (shown.length === 0) return <EmptyState title="No rejection matches" icon="search" />;
  return (
    <ul class="rejections">
      {shown.map((r) => (
        <li key={`${r.address} ${r.guid} ${r.status}`} class="card">
          <header>
            <Status tone={r.status.includes("TRY LATER") ? "note" : "warning"}>{r.hostname || r.address}</Status>
            <Tag>{r.status.toLowerCase()}</Tag>
            <span class="when" title={`${formatDateTime(r.first)} – ${formatDateTime(r.last)}`}>
              {r.count > 1 ? `${r.count} times, last ` : ""}
              {formatAgo(r.last, now)}
            </span>
          </header>
          <p>{r.reason}</p>
          {adviceFor(r.status) && <p class="advice">{adviceFor(r.status)}</p>}
          <p class="sub">{[r.hostname && r.address, r.agent, r.guid, r.apiKey && `key ${r.apiKey}`].filter(Boolean).join(" · ")}</p>
        </li>
      ))}
    </ul>
  );
}
