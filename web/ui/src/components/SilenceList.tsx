import type { ComponentChildren, JSX } from "preact";
import { useSignal } from "@preact/signals";
import type { MaintenanceWindow, Silence, Silences } from "../api/silences";
import { formatAgo, formatDateTime, formatDuration } from "../chart/format";
import type { AlertStore } from "../state/alertstore";
import { token } from "../state/manage";
import { compilePattern } from "../state/pattern";
import { compileSelector, describeHosts, describeSelector } from "../state/silences";
import { Button } from "./Button";
import { ConfirmDialog } from "./ConfirmDialog";
import { Icon } from "./icons";
import { endQuiet, endText } from "./QuietReasons";
import { EmptyState, ErrorState, Skeleton } from "./States";
import { Status, Tag } from "./Status";

interface Props {
  store: AlertStore;
  onSilence: () => void;
  onMaintenance: () => void;
}

/** What somebody wants to end, until it is confirmed. */
interface Ending {
  kind: "silence" | "maintenance window";
  id: string;
  verb: "End" | "Remove";
  what: ComponentChildren;
  /** What comes of it. */
  then: string;
}

const toldAgain = "People are told of its alerts again, at once of what was raised meanwhile and still is.";

/** What silences alerts: silences, maintenance windows, and what Netdata's commands have set. */
export function SilenceList({ store, onSilence, onMaintenance }: Props): JSX.Element {
  const all = store.silences.value.value;
  const ending = useSignal<Ending | null>(null);
  if (all === null) {
    if (store.silences.error.value !== null) return <ErrorState title="The silences could not be read" message={`${store.silences.error.value}. The page tries again by itself.`} onRetry={() => void store.silences.now()} />;
    return <Skeleton label="loading the silences" />;
  }
  const e = ending.value;
  return (
    <div class="silences">
      <Commands all={all} />
      <section aria-labelledby="silences-title">
        <header>
          <h2 id="silences-title">Silences</h2>
          <Button kind="primary" icon="mute" onClick={onSilence}>
            New silence
          </Button>
        </header>
        {all.silences.length === 0 ? (
          <EmptyState title="Nothing is silenced" icon="bell">
            Silences end by themselves. Make one here, or from an alert or a selection of alerts.
          </EmptyState>
        ) : (
          <ul class="card quiet-list">
            {all.silences.map((s) => (
              <SilenceRow key={s.id} store={store} silence={s} onEnd={(what) => (ending.value = { kind: "silence", id: s.id, verb: "End", what, then: toldAgain })} />
            ))}
          </ul>
        )}
      </section>
      <section aria-labelledby="windows-title">
        <header>
          <h2 id="windows-title">Maintenance windows</h2>
          <Button icon="plus" onClick={onMaintenance}>
            New window
          </Button>
        </header>
        {all.windows.length === 0 ? (
          <EmptyState title="No maintenance is planned" icon="check">
            In a window the alerts of its hosts are evaluated and logged, and nobody is told. It may return every week.
          </EmptyState>
        ) : (
          <ul class="card quiet-list">
            {all.windows.map((w) => (
              <WindowRow key={w.id} store={store} window={w} onEnd={(what) => (ending.value = { kind: "maintenance window", id: w.id, verb: verbOf(w), what, then: w.active ? toldAgain : "It has not begun: nothing changes for the alerts there are." })} />
            ))}
          </ul>
        )}
      </section>
      {token.value !== "" && (
        <p class="note-line">
          This browser remembers a management token.{" "}
          <button type="button" class="link" onClick={() => (token.value = "")}>
            Forget it
          </button>
        </p>
      )}
      <ConfirmDialog
        title={`${e?.verb ?? "End"} this ${e?.kind ?? "silence"}?`}
        open={e !== null}
        keep="Keep it"
        act={`${e?.verb ?? "End"} it`}
        onClose={() => (ending.value = null)}
        onAct={() => {
          ending.value = null;
          if (e) void endQuiet(store, e.kind, e.id);
        }}
      >
        {e?.what}
        <p>{e?.then}</p>
      </ConfirmDialog>
    </div>
  );
}

function Commands({ all }: { all: Silences }): JSX.Element | null {
  const { effect, all: everything, selectors } = all.commands;
  if (effect === null || (!everything && selectors.length === 0)) return null;
  return (
    <div class="banner">
      <Icon name="warning" />
      <div>
        <p>
          Netdata's management API has {effect === "DISABLE" ? "disabled" : "silenced"} {everything ? "every alert." : "these alerts:"}
        </p>
        {!everything && (
          <ul>
            {selectors.map((s, i) => (
              <li key={i}>
                <Selected selector={describeSelector(s, (guid) => guid)} />
              </li>
            ))}
          </ul>
        )}
        <p>
          That does not end by itself; <code>/api/v1/manage/health?cmd=RESET</code> takes it back.
        </p>
      </div>
    </div>
  );
}

function Selected({ selector }: { selector: { label: string; text: string }[] }): JSX.Element {
  return (
    <span class="selected-by">
      {selector.map((f) => (
        <span key={f.label}>
          {f.label} <code>{f.text}</code>
        </span>
      ))}
    </span>
  );
}

function SilenceRow({ store, silence: s, onEnd }: { store: AlertStore; silence: Silence; onEnd: (what: ComponentChildren) => void }): JSX.Element {
  const now = store.clock.now();
  const name = (guid: string) => store.names.value.get(guid) ?? guid;
  const what = <Selected selector={describeSelector(s.selector, name)} />;
  const covers = compileSelector(s.selector);
  const covered = (store.list.value.value?.alerts ?? []).filter(covers).length;
  return (
    <li>
      <div class="quiet-what">
        {what}
        {s.effect === "DISABLE" && <Tag tone="warning">not evaluated</Tag>}
        {s.comment !== "" && <p>{s.comment}</p>}
        <p class="quiet-who">
          {s.author || "somebody"}, {formatAgo(s.created, now)} · {covered === 0 ? "no alert is raised in it" : `${covered} of the alerts in the list`}
        </p>
      </div>
      <div class="quiet-when">
        <Status tone="note">until {endText(s.expires, now)}</Status>
        <span class="sub" title={formatDateTime(s.expires)}>
          {formatDuration(s.expires - now)} more
        </span>
      </div>
      <Button aria-label={`end the silence of ${describeSelector(s.selector, name).map((f) => f.text).join(", ")}`} onClick={() => onEnd(what)}>
        End
      </Button>
    </li>
  );
}

/** A window that returns, or is yet to come, is more than ended. */
function verbOf(w: MaintenanceWindow): Ending["verb"] {
  return w.active && !w.weekly ? "End" : "Remove";
}

function WindowRow({ store, window: w, onEnd }: { store: AlertStore; window: MaintenanceWindow; onEnd: (what: ComponentChildren) => void }): JSX.Element {
  const now = store.clock.now();
  const hosts = describeHosts(w.hosts, (guid) => store.names.value.get(guid) ?? guid);
  const what = <Selected selector={[{ label: "hosts", text: hosts }]} />;
  const covers = compilePattern(w.hosts);
  const covered = (store.list.value.value?.alerts ?? []).filter((a) => covers(a.hostname, a.guid)).length;
  return (
    <li>
      <div class="quiet-what">
        {what}
        {w.weekly && <Tag>every week{w.zone !== "" && `, ${w.zone}`}</Tag>}
        {w.comment !== "" && <p>{w.comment}</p>}
        <p class="quiet-who">
          {w.author || "somebody"}, {formatAgo(w.created, now)} · {covered === 0 ? "no alert is raised on them" : `${covered} of the alerts in the list`}
          {w.until !== null && ` · none after ${formatDateTime(w.until)}`}
        </p>
      </div>
      <div class="quiet-when">
        {w.active ? <Status tone="note">until {endText(w.nextEnd ?? w.end, now)}</Status> : <Status tone="off">from {endText(w.nextStart ?? w.start, now)}</Status>}
        <span class="sub" title={`${formatDateTime(w.nextStart ?? w.start)} to ${formatDateTime(w.nextEnd ?? w.end)}`}>
          {w.active ? `${formatDuration((w.nextEnd ?? w.end) - now)} more` : `in ${formatDuration((w.nextStart ?? w.start) - now)}, for ${formatDuration(w.end - w.start)}`}
        </span>
      </div>
      <Button aria-label={`${verbOf(w).toLowerCase()} the maintenance of ${hosts}`} onClick={() => onEnd(what)}>
        {verbOf(w)}
      </Button>
    </li>
  );
}
