import type { JSX } from "preact";
import type { Signal } from "@preact/signals";
import { localTime, spans, timeOf } from "../state/silences";
import { Input } from "./Field";

/** How long something lasts: seconds, or until a time as its field has it. */
export type Lasting = { seconds: number } | { until: string };

/** A choice of how long, with a time of one's own at the end. */
export function DurationField({ value, now, error }: { value: Signal<Lasting>; now: number; error: string | null }): JSX.Element {
  const v = value.value;
  return (
    <fieldset class="duration">
      <legend>For how long</legend>
      <div class="chips">
        {spans.map((s) => (
          <button key={s.seconds} type="button" aria-pressed={"seconds" in v && v.seconds === s.seconds} onClick={() => (value.value = { seconds: s.seconds })}>
            {s.label}
          </button>
        ))}
        <button type="button" aria-pressed={"until" in v} onClick={() => (value.value = { until: localTime(now + ("seconds" in v ? v.seconds : 3600)) })}>
          until…
        </button>
      </div>
      {"until" in v && <Input label="Until" type="datetime-local" value={v.until} onValue={(until) => (value.value = { until })} error={error ?? (timeOf(v.until) === null ? "A date and a time are needed." : null)} />}
      {!("until" in v) && error && <p class="error">{error}</p>}
    </fieldset>
  );
}
