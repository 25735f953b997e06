import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import type { Alert } from "../api/alerts";
import { messageOf } from "../api/client";
import { removeSilence, removeWindow } from "../api/silences";
import { formatClock, formatDateTime, formatDay, formatDuration } from "../chart/format";
import { managed } from "../state/manage";
import { compileSelector, describeSelector, silencedBy } from "../state/silences";
import { toast } from "../state/toasts";
import type { AlertStore } from "../state/alertstore";
import { Button } from "./Button";
import { ConfirmDialog } from "./ConfirmDialog";
import { FactsList } from "./FactsList";
import { Icon } from "./icons";

/** When something ends: the clock, with the day when that is another. */
export function endText(time: number, now: number): string {
  return `${formatDay(time) === formatDay(now) ? "" : `${formatDay(time)}, `}${formatClock(time, false)}`;
}

/** Ends a silence or a maintenance window, and says so. */
export async function endQuiet(store: AlertStore, kind: "silence" | "maintenance window", id: string): Promise<void> {
  try {
    const done = await managed((token) => (kind === "silence" ? removeSilence(id, token) : removeWindow(id, token)));
    if (done !== null) toast(`The ${kind} is gone.`);
  } catch (err) {
    toast(`The ${kind} stays: ${messageOf(err)}`, "critical");
  }
  store.changed();
}

/** Why nobody is told of an alert, and what ends that. */
export function QuietReasons({ store, alert: a }: { store: AlertStore; alert: Alert }): JSX.Element | null {
  const all = store.silences.value.value;
  const asked = useSignal("");
  if (!all) return null;
  const now = store.clock.now();
  const { silences, windows, commands } = silencedBy(a, all);
  if (silences.length + windows.length === 0 && !commands) return null;
  const name = (guid: string) => store.names.value.get(guid) ?? guid;
  const others = (s: (typeof silences)[number]) => {
    const covers = compileSelector(s.selector);
    return (store.list.value.value?.alerts ?? []).filter((o) => o.id !== a.id && covers(o)).length;
  };
  // One that was made for this alert alone is ended without a question.
  const alone = (s: (typeof silences)[number]) => s.selector.hosts !== "" && !/[\s*!]/.test(`${s.selector.hosts}${s.selector.alarm}`) && s.selector.alarm !== "" && s.selector.chart !== "";
  const chosen = silences.find((s) => s.id === asked.value);
  return (
    <div class="quiet-reasons">
      {silences.map((s) => (
        <div key={s.id} class="banner note">
          <Icon name="mute" />
          <div>
            <b>{s.effect === "DISABLE" ? "Not evaluated" : "Silenced"}</b> until <time title={formatDateTime(s.expires)}>{endText(s.expires, now)}</time>, {formatDuration(s.expires - now)} more
            {s.author !== "" && ` – ${s.author}`}
            {s.comment !== "" && <p>{s.comment}</p>}
          </div>
          <Button onClick={() => (alone(s) ? void endQuiet(store, "silence", s.id) : (asked.value = s.id))}>Unsilence</Button>
        </div>
      ))}
      {windows.map((w) => (
        <div key={w.id} class="banner note">
          <Icon name="mute" />
          <div>
            <b>In maintenance</b> until {w.nextEnd !== null && <time title={formatDateTime(w.nextEnd)}>{endText(w.nextEnd, now)}</time>}
            {w.author !== "" && ` – ${w.author}`}
            {w.comment !== "" && <p>{w.comment}</p>}
          </div>
          <a class="btn plain" href={`${location.pathname}?tab=silences`}>
            See
          </a>
        </div>
      ))}
      {commands && (
        <div class="banner note">
          <Icon name="mute" />
          <div>
            Netdata's management API has {all.commands.effect === "DISABLE" ? "disabled" : "silenced"} it: <code>manage/health?cmd=RESET</code> takes that back.
          </div>
        </div>
      )}
      <ConfirmDialog
        title="End this silence?"
        open={chosen !== undefined}
        keep="Keep it"
        act="End it"
        onClose={() => (asked.value = "")}
        onAct={() => {
          const id = asked.peek();
          asked.value = "";
          void endQuiet(store, "silence", id);
        }}
      >
        {chosen && (
          <>
            <p>It is for more than this alert; {others(chosen) === 0 ? "no other alert of the list has it now" : `${others(chosen)} more of the list ${others(chosen) === 1 ? "has" : "have"} it now`}.</p>
            <FactsList facts={describeSelector(chosen.selector, name).map((f) => [f.label, <code>{f.text}</code>])} />
          </>
        )}
      </ConfirmDialog>
    </div>
  );
}
