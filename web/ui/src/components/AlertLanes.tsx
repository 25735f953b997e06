import type { JSX, TargetedPointerEvent } from "preact";
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { formatDateTime, formatDuration, formatTimeTick } from "../chart/format";
import { showOf } from "../state/alerts";
import { timeTicks, type Lane } from "../state/lanes";
import type { Window } from "../state/range";
import { isPlainClick, setParameters } from "../state/router";
import { alertTones } from "./AlertBits";
import { follow, showHref } from "./AlertTable";
import { Button } from "./Button";
import { useRows } from "./rows";

const rowHeight = 34; // px
const shownFirst = 12;

interface Props {
  lanes: readonly Lane[];
  window: Window;
  onSelect: (after: number, before: number) => void;
  onZoom: (factor: number, time: number) => void;
}

/**
 * When alerts were raised, a line for each: dragging over it shows that stretch of time, and so does the wheel with Ctrl around
 * the pointer. All of it stands in the list of changes below too.
 */
export function AlertLanes({ lanes, window: w, onSelect, onZoom }: Props): JSX.Element {
  const all = useSignal(false);
  const list = useRef<HTMLUListElement>(null);
  const shown = all.value ? lanes : lanes.slice(0, shownFirst);
  const { from, to } = useRows(list, shown.length, rowHeight);
  const { times, step } = timeTicks(w, 8);
  const share = (t: number) => (100 * (t - w.after)) / (w.before - w.after);
  return (
    <div class="lanes card" role="group" aria-label="timeline">
      <Tracks window={w} onSelect={onSelect} onZoom={onZoom}>
        <div class="lane-grid" aria-hidden="true">
          {times.map((t) => (
            <span key={t} style={{ left: `${share(t)}%` }}>
              <i>{formatTimeTick(t, step)}</i>
            </span>
          ))}
        </div>
        <ul ref={list} style={{ height: `${shown.length * rowHeight}px` }}>
          {shown.slice(from, to).map((lane, i) => (
            <li key={lane.id} style={{ top: `${(from + i) * rowHeight}px` }}>
              <LaneName lane={lane} />
              <div class="track" role="img" aria-label={spoken(lane)}>
                {lane.segments.map((s) => (
                  <span key={`${s.status} ${s.from}`} class={alertTones[s.status]} style={{ left: `${share(s.from)}%`, width: `${Math.max(0, share(s.to) - share(s.from))}%` }} title={`${lane.title}: ${s.status} for ${formatDuration(s.to - s.from)}, from ${formatDateTime(s.from)}`} />
                ))}
              </div>
            </li>
          ))}
        </ul>
      </Tracks>
      {lanes.length > shownFirst && (
        <Button kind="quiet" class="lanes-more" aria-expanded={all.value} onClick={() => (all.value = !all.value)}>
          {all.value ? `Show ${shownFirst}` : `Show all ${lanes.length}`}
        </Button>
      )}
    </div>
  );
}

function spoken(lane: Lane): string {
  return lane.segments.map((s) => `${s.status} from ${formatDateTime(s.from)} for ${formatDuration(s.to - s.from)}`).join("; ");
}

function LaneName({ lane }: { lane: Lane }): JSX.Element {
  if (!lane.alert) {
    const q = new URLSearchParams(location.search);
    q.set("host", lane.host);
    q.delete("lanes");
    return (
      <a
        class="lane-name"
        href={`?${q.toString()}`}
        onClick={(e) => {
          if (!isPlainClick(e)) return;
          e.preventDefault();
          setParameters({ host: lane.host, lanes: null }, true);
        }}
      >
        <b>{lane.title}</b>
      </a>
    );
  }
  const show = showOf(lane.alert);
  return (
    <a class="lane-name" href={showHref(show)} title={`${lane.title} on ${lane.subtitle}`} onClick={(e) => follow(e, show)}>
      <b>{lane.title}</b>
      <span>{lane.subtitle}</span>
    </a>
  );
}

/** The area over which a stretch of time is selected. */
function Tracks({ window: w, onSelect, onZoom, children }: { window: Window; onSelect: Props["onSelect"]; onZoom: Props["onZoom"]; children: JSX.Element[] }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const drag = useSignal<{ from: number; to: number } | null>(null);
  // Where the tracks are: the names stand left of them.
  const area = () => box.current!.querySelector(".lane-grid")!.getBoundingClientRect();
  const shareAt = (x: number) => {
    const { left, width } = area();
    return Math.min(1, Math.max(0, (x - left) / width));
  };
  const time = (share: number) => w.after + share * (w.before - w.after);
  const down = (e: TargetedPointerEvent<HTMLDivElement>) => {
    if (e.button !== 0 || e.pointerType === "touch" || (e.target as HTMLElement).closest("a, button") || e.clientX < area().left) return;
    const from = shareAt(e.clientX);
    drag.value = { from, to: from };
    e.currentTarget.setPointerCapture(e.pointerId);
  };
  const up = () => {
    const d = drag.peek();
    drag.value = null;
    if (d && Math.abs(d.to - d.from) > 0.01) onSelect(time(Math.min(d.from, d.to)), time(Math.max(d.from, d.to)));
  };
  const d = drag.value;
  return (
    <div
      ref={box}
      class="tracks"
      onPointerDown={down}
      onPointerMove={(e) => drag.peek() && (drag.value = { from: drag.peek()!.from, to: shareAt(e.clientX) })}
      onPointerUp={up}
      onPointerCancel={() => (drag.value = null)}
      onWheel={(e) => {
        if (!e.ctrlKey) return;
        e.preventDefault();
        onZoom(e.deltaY > 0 ? 1.25 : 0.8, time(shareAt(e.clientX)));
      }}
    >
      {children}
      {d && (
        <div class="lane-select" aria-hidden="true">
          <span style={{ left: `${100 * Math.min(d.from, d.to)}%`, width: `${100 * Math.abs(d.to - d.from)}%` }} />
        </div>
      )}
    </div>
  );
}
