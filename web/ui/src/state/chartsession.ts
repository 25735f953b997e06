import type { ReadonlySignal } from "@preact/signals";
import type { Alarm } from "../api/alarms";
import type { Chart, Host } from "../api/types";
import type { ChartModel } from "./chart";
import type { FrameQueue } from "./frames";
import type { TimeRange, Window } from "./range";

/** What a chart needs of the page that it stands on. */
export interface ChartSession {
  /** The host, as it was asked for. */
  readonly name: string;
  readonly host: ReadonlySignal<Host | null>;
  readonly range: TimeRange;
  readonly view: ReadonlySignal<Window>;
  readonly frames: FrameQueue;
  /** Alerts by the id of their chart; those of the worst status first. */
  readonly alarms: ReadonlySignal<ReadonlyMap<string, readonly Alarm[]>>;
  /** The chart came into view on `width` pixels, until leave(). */
  enter(chart: Chart, width: number): ChartModel;
  leave(model: ChartModel): void;
  /** It is drawn much wider now. */
  refine(model: ChartModel): void;
  /** A stretch of time is being selected, or no longer. */
  hold(active: boolean): void;
  /** The dimensions that are switched off changed. */
  keepHidden(model: ChartModel): void;
}
