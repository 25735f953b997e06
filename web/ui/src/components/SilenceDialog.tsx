import type { JSX } from "preact";
import { useSignal, type Signal } from "@preact/signals";
import type { Alert } from "../api/alerts";
import { messageOf } from "../api/client";
import { addSilence, ManageError, type Effect, type Selector } from "../api/silences";
import { formatDuration } from "../chart/format";
import { author, managed } from "../state/manage";
import { patternOf } from "../state/pattern";
import type { AlertStore } from "../state/alertstore";
import { compileSelector, selectorsFor, timeOf } from "../state/silences";
import { toast } from "../state/toasts";
import { DurationField, type Lasting } from "./Duration";
import { Input, Select, type Choice } from "./Field";
import { FormDialog } from "./FormDialog";
import { FormError } from "./FormError";
import { AlertStatusMark } from "./AlertBits";
import { endText } from "./QuietReasons";

/** What shall be silenced: these alerts, or ([]) what patterns select, which begin with those of a host. */
export interface SilenceTarget {
  alerts: readonly Alert[];
  host: string;
}

type Scope = "these" | "alert" | "host" | "pattern";

/** Asks what to silence, for how long and why, and does it. */
export function SilenceDialog({ store, target }: { store: AlertStore; target: Signal<SilenceTarget | null> }): JSX.Element {
  const t = target.value;
  return <>{t && <Form key={t.alerts.map((a) => a.id).join()} store={store} target={t} onClose={() => (target.value = null)} />}</>;
}

function Form({ store, target, onClose }: { store: AlertStore; target: SilenceTarget; onClose: () => void }): JSX.Element {
  const { alerts } = target;
  const [one] = alerts;
  const scope = useSignal<Scope>(alerts.length > 0 ? "these" : "pattern");
  const own = useSignal<Selector>({ alarm: one && alerts.length === 1 ? patternOf(one.name) : "", chart: "", context: "", families: "", hosts: one && alerts.length === 1 ? patternOf(one.hostname) : target.host });
  const lasting = useSignal<Lasting>({ seconds: 3600 });
  const effect = useSignal<Effect>("SILENCE");
  const comment = useSignal("");
  const busy = useSignal(false);
  const failed = useSignal<{ field: string; message: string } | null>(null);
  const now = store.clock.now();

  const choices: Choice<Scope>[] = [];
  if (alerts.length === 1) {
    choices.push({ value: "these", label: `this alert on ${one!.hostname}` }, { value: "alert", label: `${one!.name} on every host` }, { value: "host", label: `every alert of ${one!.hostname}` });
  } else if (alerts.length > 1) choices.push({ value: "these", label: `these ${alerts.length} alerts` });
  choices.push({ value: "pattern", label: "what a pattern selects" });

  const selectors = (): Partial<Selector>[] => {
    switch (scope.value) {
      case "these":
        return selectorsFor(alerts);
      case "alert":
        return [{ alarm: patternOf(one!.name) }];
      case "host":
        return [{ hosts: patternOf(one!.guid) }];
      case "pattern":
        return [Object.fromEntries(Object.entries(own.value).filter(([, text]) => text.trim() !== ""))];
    }
  };
  const wanted = selectors();
  const empty = wanted.every((s) => Object.keys(s).length === 0);
  const tests = wanted.map(compileSelector);
  const covered = (store.list.value.value?.alerts ?? []).filter((a) => tests.some((covers) => covers(a)));

  const submit = async () => {
    if (busy.peek()) return;
    const v = lasting.peek();
    const until = "until" in v ? timeOf(v.until) : null;
    if (empty) return void (failed.value = { field: "selector", message: "Say what to silence: * for hosts is everything." });
    if ("until" in v && until === null) return;
    busy.value = true;
    failed.value = null;
    let made = 0;
    let last = 0;
    try {
      for (const selector of wanted) {
        const common = { selector, effect: effect.peek(), comment: comment.peek().trim(), author: author.peek().trim() };
        const added = await managed((token) => addSilence("until" in v ? { ...common, expires: until! } : { ...common, duration: v.seconds }, token));
        if (added === null) break; // the user gave up
        made++;
        last = added.expires;
      }
    } catch (err) {
      const field = err instanceof ManageError ? err.field : "";
      failed.value = { field, message: `${messageOf(err)}${made > 0 ? ` (${made} of ${wanted.length} silences were made)` : ""}` };
    }
    busy.value = false;
    if (made > 0) store.changed();
    if (made === wanted.length) {
      toast(`Silenced until ${endText(last, store.clock.now())}.`);
      onClose();
    }
  };

  const f = failed.value;
  const errorOf = (...names: string[]) => (f && names.includes(f.field) ? f.message : null);
  const field = (key: keyof Selector, label: string, hint?: string) => (
    <Input label={label} hint={hint} autofocus={alerts.length === 0 && key === "alarm"} value={own.value[key]} error={errorOf(key)} maxLength={1000} onValue={(text) => (own.value = { ...own.value, [key]: text })} />
  );
  return (
    <FormDialog title={alerts.length === 1 ? `Silence ${one!.name}` : alerts.length > 1 ? `Silence ${alerts.length} alerts` : "New silence"} submit="Silence" icon="mute" onSubmit={() => void submit()} onClose={onClose}>
      {choices.length > 1 && <Select label="What" value={scope.value} choices={choices} onValue={(v) => (scope.value = v)} />}
      {scope.value === "pattern" && (
        <div class="pattern-fields">
          {field("alarm", "Alerts", "disk_* !disk_inodes")}
          {field("hosts", "Hosts", "names or GUIDs: web* !web09")}
          {field("chart", "Charts")}
          {field("context", "Contexts")}
        </div>
      )}
      <FormError>{errorOf("selector")}</FormError>
      <Covered alerts={covered} empty={empty} now={now} />
      <DurationField value={lasting} now={now} error={errorOf("expires", "duration")} />
      <Select
        label="Meanwhile"
        value={effect.value}
        choices={[
          { value: "SILENCE", label: "tell nobody" },
          { value: "DISABLE", label: "do not even evaluate: statuses stay as they are" },
        ]}
        onValue={(v) => (effect.value = v)}
      />
      <Input label="Why" autofocus={alerts.length > 0} value={comment.value} maxLength={500} onValue={(v) => (comment.value = v)} placeholder="what the next on duty should know" error={errorOf("comment")} />
      <Input label="Who" value={author.value} maxLength={100} onValue={(v) => (author.value = v)} placeholder="your name; this browser remembers it" error={errorOf("author")} />
      <FormError>{f && !["selector", "alarm", "hosts", "chart", "context", "expires", "duration", "comment", "author"].includes(f.field) && f.message}</FormError>
    </FormDialog>
  );
}

/** What a silence would be for now. */
function Covered({ alerts, empty, now }: { alerts: readonly Alert[]; empty: boolean; now: number }): JSX.Element | null {
  if (empty) return null;
  if (alerts.length === 0) return <p class="hint">No alert of the list is selected now; those that will be raised are silenced too.</p>;
  const shown = alerts.slice(0, 4);
  const [one] = alerts;
  return (
    <div class="covered">
      <p class="hint">
        {alerts.length} of the list {alerts.length === 1 ? "is" : "are"} silenced at once
        {alerts.length === 1 && one!.since > 0 && `, ${one!.status} for ${formatDuration(now - one!.since)}`}
      </p>
      <ul>
        {shown.map((a) => (
          <li key={a.id}>
            <AlertStatusMark status={a.status} /> <b>{a.name}</b> <span class="sub">{a.hostname}</span>
          </li>
        ))}
        {alerts.length > shown.length && <li class="sub">and {alerts.length - shown.length} more</li>}
      </ul>
    </div>
  );
}
