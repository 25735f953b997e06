import type { JSX } from "preact";
import { formatClock, formatDateTime, formatDay, formatDuration } from "../chart/format";
import type { HostSession } from "../state/host";
import { presets, spanOf } from "../state/range";
import { Icon } from "./icons";

/** What the time of a page is kept in. */
type Timed = Pick<HostSession, "range" | "clock">;

interface Props {
  session: Timed;
  choices?: typeof presets;
  /** Its page has keys that do the same. */
  keys?: boolean;
}

/** What time the charts show, and the buttons that change it. */
export function RangeBar({ session, choices = presets, keys = true }: Props): JSX.Element {
  const { range } = session;
  const title = (what: string, key: string) => (keys ? `${what} (${key})` : what);
  const live = range.value.kind === "live";
  const span = spanOf(range.value);
  return (
    <div class="rangebar" role="group" aria-label="time range">
      <button type="button" class={live ? "play live" : "play"} aria-pressed={live} title={title(live ? "pause" : "play", "space")} onClick={() => range.togglePause()}>
        <Icon name={live ? "pause" : "play"} />
        <span>{live ? "Live" : "Paused"}</span>
      </button>
      <TimeLabel session={session} />
      <div class="segments">
        {choices.map((p, i) => (
          <button key={p.label} type="button" aria-pressed={live && span === p.span} title={title(`last ${formatDuration(p.span)}`, String(i + 1))} onClick={() => range.live(p.span)}>
            {p.label}
          </button>
        ))}
      </div>
      <div class="segments">
        <button type="button" aria-label="earlier" title={title("earlier", "←")} onClick={() => range.pan(-0.5)}>
          <Icon name="left" />
        </button>
        <button type="button" aria-label="zoom out" title={title("zoom out", "−")} onClick={() => range.zoom(2)}>
          <Icon name="minus" />
        </button>
        <button type="button" aria-label="zoom in" title={title("zoom in", "+")} onClick={() => range.zoom(0.5)}>
          <Icon name="plus" />
        </button>
        <button type="button" aria-label="later" title={title("later", "→")} disabled={live} onClick={() => range.pan(0.5)}>
          <Icon name="right" />
        </button>
      </div>
    </div>
  );
}

function TimeLabel({ session }: { session: Timed }): JSX.Element {
  const range = session.range.value;
  if (range.kind === "live") return <span class="when">last {formatDuration(range.span)}</span>;
  const { after, before } = range;
  const sameDay = formatDay(after) === formatDay(before);
  const today = formatDay(after) === formatDay(session.clock.now());
  const text = sameDay
    ? `${today ? "" : `${formatDay(after)}, `}${formatClock(after)} – ${formatClock(before)}`
    : `${formatDay(after)} ${formatClock(after, false)} – ${formatDay(before)} ${formatClock(before, false)}`;
  return (
    <span class="when fixed" title={`${formatDateTime(after)} – ${formatDateTime(before)} (${formatDuration(before - after)})`}>
      {text}
    </span>
  );
}
