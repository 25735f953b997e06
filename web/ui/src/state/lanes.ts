import { alertId, type Alert, type AlertKey, type AlertStatus, type Transition } from "../api/alerts";
import { isRaised } from "./alerts";
import type { Window } from "./range";

/** A time in which a status lasted, cut to what is shown. */
export interface Segment {
  status: AlertStatus;
  from: number;
  to: number;
}

/** One line of a timeline: an alert, or all of a host. */
export interface Lane {
  id: string;
  title: string;
  subtitle: string;
  /** The alert, null when it is a host. */
  alert: AlertKey | null;
  host: string;
  /** Those raised; worse ones come later, and are drawn over others. */
  segments: Segment[];
  worst: AlertStatus;
}

interface Course {
  key: AlertKey;
  hostname: string;
  segments: Segment[];
}

/** When alerts were raised, from their changes and from those that are raised now. */
function courses(changes: readonly Transition[], now: readonly Alert[], at: number): Map<string, Course> {
  const out = new Map<string, Course>();
  const course = (id: string, of: AlertKey & { hostname: string }): Course => {
    let c = out.get(id);
    if (!c) out.set(id, (c = { key: { guid: of.guid, chart: of.chart, name: of.name }, hostname: of.hostname, segments: [] }));
    return c;
  };
  // They come the newest first. What an alert became last it still is: leaving it would be a change too.
  for (const t of changes) {
    const known = out.has(t.id);
    const { segments } = course(t.id, t);
    if (!known && isRaised(t.to)) segments.push({ status: t.to, from: t.when, to: at });
    if (isRaised(t.from) && t.lasted > 0) segments.push({ status: t.from, from: t.when - t.lasted, to: t.when });
  }
  for (const a of now) {
    if (!isRaised(a.status) || out.has(a.id)) continue;
    course(a.id, a).segments.push({ status: a.status, from: a.since, to: at });
  }
  return out;
}

const rank = (s: AlertStatus) => (s === "critical" ? 2 : s === "warning" ? 1 : 0);

function worstOf(segments: readonly Segment[]): AlertStatus {
  return segments.some((s) => s.status === "critical") ? "critical" : "warning";
}

function cut(segments: readonly Segment[], w: Window): Segment[] {
  return segments.filter((s) => s.to >= w.after && s.from <= w.before).map((s) => ({ status: s.status, from: Math.max(s.from, w.after), to: Math.min(s.to, w.before) }));
}

/** Joins segments of one status that touch or overlap. */
function joined(segments: readonly Segment[]): Segment[] {
  const out: Segment[] = [];
  for (const s of segments.toSorted((a, b) => a.from - b.from)) {
    const last = out.at(-1);
    if (last && s.from <= last.to) last.to = Math.max(last.to, s.to);
    else out.push({ ...s });
  }
  return out;
}

/** The lanes of a window, those that were worst first, of these the ones raised last. `at` is the present. */
export function lanesOf(changes: readonly Transition[], now: readonly Alert[], w: Window, at: number, by: "alert" | "host"): Lane[] {
  const lanes = new Map<string, Lane>();
  for (const c of courses(changes, now, at).values()) {
    const segments = cut(c.segments, w);
    if (segments.length === 0) continue;
    if (by === "alert") {
      const id = alertId(c.key);
      lanes.set(id, { id, title: c.key.name, subtitle: `${c.hostname} · ${c.key.chart}`, alert: c.key, host: c.key.guid, segments, worst: "clear" });
      continue;
    }
    const lane = lanes.get(c.key.guid);
    if (lane) lane.segments.push(...segments);
    else lanes.set(c.key.guid, { id: c.key.guid, title: c.hostname, subtitle: "", alert: null, host: c.key.guid, segments, worst: "clear" });
  }
  const last = (l: Lane) => Math.max(...l.segments.map((s) => s.to));
  for (const lane of lanes.values()) {
    lane.worst = worstOf(lane.segments);
    lane.segments = (["warning", "critical"] as const).flatMap((status) => joined(lane.segments.filter((s) => s.status === status)));
  }
  return [...lanes.values()].sort((a, b) => rank(b.worst) - rank(a.worst) || last(b) - last(a) || a.title.localeCompare(b.title) || a.id.localeCompare(b.id));
}

/** The course of one alert over all its statuses, from its changes, the newest first; it goes on until `at`. */
export function bandOf(changes: readonly { when: number; from: AlertStatus; to: AlertStatus; lasted: number }[], at: number): Segment[] {
  const out: Segment[] = [];
  changes.forEach((c, i) => {
    const end = i === 0 ? at : changes[i - 1]!.when;
    if (c.to !== "removed" && end > c.when) out.unshift({ status: c.to, from: c.when, to: end });
  });
  const oldest = changes.at(-1);
  if (oldest && oldest.lasted > 0) out.unshift({ status: oldest.from, from: oldest.when - oldest.lasted, to: oldest.when });
  return out;
}

const steps = [60, 300, 900, 1800, 3600, 2 * 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86_400, 2 * 86_400, 7 * 86_400, 14 * 86_400, 30 * 86_400, 90 * 86_400];

/** Times to write under a window, at most about `most`, at whole hours and days of the browser's zone. */
export function timeTicks(w: Window, most: number): { times: number[]; step: number } {
  const step = steps.find((s) => (w.before - w.after) / s <= most) ?? steps.at(-1)!;
  const zone = new Date(w.after * 1000).getTimezoneOffset() * 60;
  const times: number[] = [];
  for (let t = Math.ceil((w.after - zone) / step) * step + zone; t <= w.before; t += step) times.push(t);
  return { times, step };
}
