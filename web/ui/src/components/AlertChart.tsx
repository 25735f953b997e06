import type { JSX } from "preact";
import "uplot/dist/uPlot.min.css";
import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { AlertDetail } from "../api/alert";
import { formatDateTime } from "../chart/format";
import { HostSession } from "../state/host";
import { bandOf } from "../state/lanes";
import { select, type Range } from "../state/range";
import { alertTones } from "./AlertBits";
import { ChartCard } from "./ChartCard";
import { useFullScreen } from "./fullscreen";
import { useKeys } from "./keys";
import { RangeBar } from "./RangeBar";
import { ErrorState, Skeleton } from "./States";

const aside = 900; // s before and after a change that its chart shows

const choices = [
  { label: "5m", span: 300 },
  { label: "1h", span: 3600 },
  { label: "24h", span: 86_400 },
];

/** What a chart about a change shows: a little before and after it, live while that is the present. */
export function rangeAround(moment: number, now: number): Range {
  if (moment <= 0) return { kind: "live", span: 3600 };
  if (now - moment < aside) return { kind: "live", span: Math.max(300, 2 * (now - moment)) };
  return select(moment - aside, moment + aside, now);
}

/** The chart of an alert around one of its changes, with its limits and its statuses. */
export function AlertChart({ detail, moment }: { detail: AlertDetail; moment: number }): JSX.Element {
  const session = useMemo(() => new HostSession(detail.guid), [detail.guid]);
  useEffect(() => () => session.close(), [session]);
  useEffect(() => session.range.set(rangeAround(moment, detail.now)), [session, moment]);
  const full = useSignal("");
  const chart = useComputed(() => session.charts.value.find((c) => c.id === detail.chart)).value;
  useFullScreen(chart !== undefined && full.value !== "");
  useKeys(full.value === "" ? {} : { Escape: () => (full.value = "") });
  if (!chart) {
    if (session.status.value === "loading") return <Skeleton label="loading the chart" rows={1} height={268} />;
    if (session.status.value === "error") return <ErrorState title="The chart could not be read" message="The page tries again by itself." />;
    return <p class="none-yet">The host has no such chart any more.</p>;
  }
  return (
    <div class="alert-chart">
      <RangeBar session={session} choices={choices} keys={false} />
      <ChartCard session={session} chart={chart} full={full}>
        <Statuses session={session} detail={detail} moment={moment} />
      </ChartCard>
    </div>
  );
}

/** Which status the alert had when, below the plot, and a line through it where the change was. */
function Statuses({ session, detail, moment }: { session: HostSession; detail: AlertDetail; moment: number }): JSX.Element {
  const { after, before } = session.view.value;
  const share = (t: number) => (100 * (Math.min(before, Math.max(after, t)) - after)) / (before - after);
  const end = detail.alert ? Math.max(before, detail.now) : detail.now;
  const segments = bandOf(detail.changes, end).filter((s) => s.to > after && s.from < before);
  const spoken = segments.map((s) => `${s.status} from ${formatDateTime(s.from)}`).join("; ");
  return (
    <>
      {moment > after && moment < before && (
        <div class="moment" aria-hidden="true">
          <span style={{ left: `${share(moment)}%` }} />
        </div>
      )}
      <div class="status-band" role="img" aria-label={spoken || "no status is known of this time"}>
        {segments.map((s) => (
          <span key={s.from} class={alertTones[s.status]} style={{ left: `${share(s.from)}%`, width: `${share(s.to) - share(s.from)}%` }} title={`${s.status} from ${formatDateTime(s.from)}`} />
        ))}
      </div>
    </>
  );
}
