import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import type { Change, Delivery, Outcome } from "../api/alert";
import { formatClock, formatDateTime, formatDay, formatDuration } from "../chart/format";
import { isRaised } from "../state/alerts";
import { setParameters } from "../state/router";
import { AlertStatusMark, alertValue, isConstant, QuietTag, variableText } from "./AlertBits";
import { Button } from "./Button";
import { Status, type StatusTone } from "./Status";

const shownFirst = 8;

const outcomes: Record<Outcome, { tone: StatusTone; text: string }> = {
  sent: { tone: "ok", text: "sent" },
  retry: { tone: "warning", text: "failed, tried again" },
  held: { tone: "note", text: "held by the rate limit" },
  failed: { tone: "critical", text: "failed" },
  dropped: { tone: "critical", text: "dropped" },
  superseded: { tone: "off", text: "overtaken by a newer change" },
  suppressed: { tone: "off", text: "nobody told" },
};

interface Props {
  changes: readonly Change[];
  /** null: not known yet. */
  deliveries: readonly Delivery[] | null;
  error: string | null;
  now: number;
  /** The change that the chart is about, 0: the newest. */
  at: number;
}

/** The changes of one alert, the newest first, each with what decided it and what became of its notification. */
export function AlertCourse({ changes, deliveries, error, now, at }: Props): JSX.Element {
  const all = useSignal(false);
  if (changes.length === 0) return <p class="none-yet">The log has no change of it.</p>;
  const shown = all.value ? changes : changes.slice(0, shownFirst);
  const current = at || changes[0]!.gi;
  return (
    <>
      {error !== null && deliveries === null && <p class="none-yet">What became of the notifications could not be read: {error}.</p>}
      <ol class="course">
        {shown.map((c) => (
          <li key={c.gi} aria-current={c.gi === current ? "true" : undefined}>
            <div class="course-head">
              <button type="button" class="link" title={`${formatDateTime(c.when)}: show it in the chart`} onClick={() => setParameters({ at: String(c.gi) })}>
                {formatDay(c.when)} <time>{formatClock(c.when)}</time>
              </button>
              <AlertStatusMark status={c.to} />
              {c.value !== null && <b class="figure">{alertValue(c.value, c.units)}</b>}
              <span class="sub">
                {c.from === "removed" ? "it began" : `after ${formatDuration(c.lasted)} ${c.from}`}
              </span>
              <QuietTag silenced={c.silenced} />
            </div>
            {c.expression !== "" && (
              <p class="because">
                <code>{c.expression}</code>
                {c.variables.some((v) => !isConstant(v.name)) && (
                  <span>
                    {" "}
                    with{" "}
                    {c.variables.filter((v) => !isConstant(v.name)).map((v) => (
                      <code key={v.name}>
                        ${v.name} = {variableText(Number(v.value))}
                      </code>
                    ))}
                  </span>
                )}
              </p>
            )}
            <Told change={c} deliveries={deliveries?.filter((d) => d.gi === c.gi) ?? null} now={now} />
          </li>
        ))}
      </ol>
      {changes.length > shownFirst && (
        <Button kind="quiet" aria-expanded={all.value} onClick={() => (all.value = !all.value)}>
          {all.value ? `Show ${shownFirst}` : `Show all ${changes.length}`}
        </Button>
      )}
    </>
  );
}

function Told({ change: c, deliveries, now }: { change: Change; deliveries: readonly Delivery[] | null; now: number }): JSX.Element | null {
  if (deliveries === null) return null;
  if (deliveries.length === 0) return <p class="told-none">{silence(c, now)}</p>;
  return (
    <ul class="told" aria-label="notifications">
      {deliveries.map((d) => (
        <li key={d.id}>
          <Status tone={outcomes[d.outcome].tone}>{outcomes[d.outcome].text}</Status>
          <span class="told-to">
            {d.service !== "" && <b>{d.service}</b>}
            {d.address !== "" && d.address !== d.service && <span> {d.address}</span>}
            {d.role !== "" && <span class="sub"> for {d.role}</span>}
          </span>
          <span class="sub">
            <time title={formatDateTime(d.at)}>{formatClock(d.at)}</time>
            {d.attempt > 1 && `, attempt ${d.attempt}`}
            {d.together > 1 && `, one message with ${d.together - 1} more`}
          </span>
          {d.reason !== "" && <span class="told-why">{d.reason}</span>}
        </li>
      ))}
    </ul>
  );
}

/** Why there is nothing to say of the notification of a change. */
function silence(c: Change, now: number): string {
  if (c.silenced) return "Nobody was told: it was silenced.";
  if (!c.notified && c.delayUpTo > now && (isRaised(c.to) || isRaised(c.from))) return `People are told at ${formatClock(c.delayUpTo)}, unless it is over by then.`;
  if (!c.notified) return "Nobody was told.";
  return now - c.when < 120 ? "The message is on its way." : "People were told; the log of deliveries does not reach back so far.";
}
