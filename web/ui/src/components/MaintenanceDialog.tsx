import type { JSX } from "preact";
import { useSignal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { fetchFleet, messageOf } from "../api/client";
import { addWindow, ManageError, type NewWindow } from "../api/silences";
import type { Host } from "../api/types";
import type { AlertStore } from "../state/alertstore";
import { author, managed } from "../state/manage";
import { compilePattern } from "../state/pattern";
import { localTime, timeOf } from "../state/silences";
import { toast } from "../state/toasts";
import { DurationField, type Lasting } from "./Duration";
import { Input } from "./Field";
import { FormDialog } from "./FormDialog";
import { FormError } from "./FormError";
import { endText } from "./QuietReasons";

/** Asks for the hosts and the time of a maintenance window, and makes it. `open` has the pattern to begin with, null: closed. */
export function MaintenanceDialog({ store, open }: { store: AlertStore; open: Signal<string | null> }): JSX.Element {
  return <>{open.value !== null && <Form store={store} first={open.value} onClose={() => (open.value = null)} />}</>;
}

function Form({ store, first, onClose }: { store: AlertStore; first: string; onClose: () => void }): JSX.Element {
  const hosts = useSignal(first);
  const fleet = useSignal<readonly Host[] | null>(null);
  const start = useSignal("");
  const lasting = useSignal<Lasting>({ seconds: 2 * 3600 });
  const weekly = useSignal(false);
  const until = useSignal("");
  const comment = useSignal("");
  const busy = useSignal(false);
  const failed = useSignal<{ field: string; message: string } | null>(null);
  useEffect(() => {
    const abort = new AbortController();
    fetchFleet(abort.signal).then(
      (f) => (fleet.value = f.hosts),
      () => undefined, // the window can be made without knowing whom it is for
    );
    return () => abort.abort();
  }, []);
  const now = store.clock.now();
  const matched = (fleet.value ?? []).filter((h) => compilePattern(hosts.value)(h.hostname, h.guid));
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

  const submit = async () => {
    if (busy.peek()) return;
    if (hosts.peek().trim() === "") return void (failed.value = { field: "hosts", message: "Say which hosts: * is every one." });
    const v = lasting.peek();
    const begins = start.peek() === "" ? null : timeOf(start.peek());
    const ends = "until" in v ? timeOf(v.until) : null;
    if ("until" in v && ends === null) return;
    const last = weekly.peek() && until.peek() !== "" ? timeOf(until.peek()) : null;
    const w: NewWindow = {
      hosts: hosts.peek().trim(),
      ...(begins !== null && { start: begins }),
      ...(ends !== null ? { end: ends } : { duration: "seconds" in v ? v.seconds : 0 }),
      ...(weekly.peek() && { weekly: true, zone }),
      ...(last !== null && { until: last }),
      comment: comment.peek().trim(),
      author: author.peek().trim(),
    };
    busy.value = true;
    failed.value = null;
    try {
      const added = await managed((token) => addWindow(w, token));
      if (added !== null) {
        toast(added.active ? `In maintenance until ${endText(added.nextEnd ?? added.end, store.clock.now())}.` : `The maintenance begins ${endText(added.start, store.clock.now())}.`);
        store.changed();
        onClose();
      }
    } catch (err) {
      failed.value = { field: err instanceof ManageError ? err.field : "", message: messageOf(err) };
    }
    busy.value = false;
  };

  const f = failed.value;
  const errorOf = (...names: string[]) => (f && names.includes(f.field) ? f.message : null);
  const hint = fleet.value === null || hosts.value.trim() === "" ? "names or GUIDs: web* !web09" : matched.length === 0 ? "matches no host now" : `matches ${matched.length} of ${fleet.value.length} hosts: ${matched.slice(0, 3).map((h) => h.hostname).join(", ")}${matched.length > 3 ? "…" : ""}`;
  return (
    <FormDialog title="New maintenance window" submit="Create" onSubmit={() => void submit()} onClose={onClose}>
      <p class="hint">Alerts of these hosts are evaluated and logged meanwhile, and nobody is told.</p>
      <Input label="Hosts" autofocus value={hosts.value} maxLength={1000} onValue={(v) => (hosts.value = v)} hint={hint} error={errorOf("hosts")} />
      <Input label="Begins" type="datetime-local" value={start.value} onValue={(v) => (start.value = v)} hint={start.value === "" ? "now, unless you set a time" : undefined} error={errorOf("start")} />
      <DurationField value={lasting} now={(start.value && timeOf(start.value)) || now} error={errorOf("end", "duration")} />
      <label class="check">
        <input type="checkbox" checked={weekly.value} onChange={(e) => (weekly.value = e.currentTarget.checked)} />
        <span>
          every week at this hour, by the clock of {zone}
        </span>
      </label>
      {weekly.value && <Input label="Last before" type="datetime-local" value={until.value} onValue={(v) => (until.value = v)} hint={until.value === "" ? "goes on until it is removed" : undefined} error={errorOf("until", "zone")} />}
      <Input label="Why" value={comment.value} maxLength={500} onValue={(v) => (comment.value = v)} placeholder={`what is done, ${localTime(now).slice(0, 10)}`} error={errorOf("comment")} />
      <Input label="Who" value={author.value} maxLength={100} onValue={(v) => (author.value = v)} placeholder="your name; this browser remembers it" error={errorOf("author")} />
      <FormError>{f && !["hosts", "start", "end", "duration", "until", "zone", "comment", "author"].includes(f.field) && f.message}</FormError>
    </FormDialog>
  );
}
