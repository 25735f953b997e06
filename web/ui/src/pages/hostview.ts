import { ownChart } from "../components/AlertBits";
import type { Range } from "../state/range";

/** What a host page shows, as its address says it; the section is the fragment of the address. */
export interface HostView {
  /** null: the page's own choice. */
  range: Range | null;
  hidden: ReadonlyMap<string, ReadonlySet<string>>;
  query: string;
  /** The chart that fills the screen, "" for none. */
  full: string;
}

const seconds = (text: string | null): number | null => {
  const n = text === null || text === "" ? NaN : Number(text);
  return Number.isFinite(n) && n > 0 ? n : null;
};

/** Reads the parameters of an address. What is malformed is as if it were not there. */
export function readView(p: URLSearchParams): HostView {
  const [after, before, last] = [seconds(p.get("after")), seconds(p.get("before")), seconds(p.get("last"))];
  let range: Range | null = null;
  if (after !== null && before !== null && after < before) range = { kind: "fixed", after, before };
  else if (last !== null) range = { kind: "live", span: Math.min(5 * 365 * 86400, Math.max(10, last)) };
  const chart = p.get("full") ?? p.get("chart") ?? "";
  // Notifications link to the charts of their alerts, and of some there is none to show.
  return { range, hidden: readHidden(p.get("hide") ?? ""), query: p.get("q") ?? "", full: ownChart(chart) ? "" : chart };
}

/** The parameters of the address of a view; null where one is left out. */
export function writeView(v: HostView, usual: number): Record<string, string | null> {
  const { range } = v;
  const time = (t: number) => String(Math.round(t * 1000) / 1000);
  return {
    last: range?.kind === "live" && range.span !== usual ? time(range.span) : null,
    after: range?.kind === "fixed" ? time(range.after) : null,
    before: range?.kind === "fixed" ? time(range.before) : null,
    hide: writeHidden(v.hidden) || null,
    q: v.query || null,
    full: v.full || null,
    chart: null, // what links in notifications call it
  };
}

// chart:dimension,dimension;chart:dimension – with what separates escaped in the names.
const escape = (s: string) => s.replace(/[%:,;]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);

function unescape(s: string): string {
  try {
    return decodeURIComponent(s);
  } catch {
    return s;
  }
}

function writeHidden(hidden: HostView["hidden"]): string {
  return [...hidden].filter(([, dims]) => dims.size > 0).map(([chart, dims]) => `${escape(chart)}:${[...dims].map(escape).join(",")}`).join(";");
}

function readHidden(text: string): Map<string, Set<string>> {
  const out = new Map<string, Set<string>>();
  for (const part of text.split(";")) {
    const [chart, dims] = part.split(":", 2);
    if (chart && dims) out.set(unescape(chart), new Set(dims.split(",").filter(Boolean).map(unescape)));
  }
  return out;
}
