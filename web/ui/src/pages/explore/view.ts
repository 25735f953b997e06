import { readView, writeView } from "../hostview";
import type { Range } from "../../state/range";

export type Mode = "metrics" | "heat" | "compare" | "promql";
export type Aggregation = "sum" | "average" | "min" | "max";

/** What the page shows, as its address says it. */
export interface ExploreView {
  mode: Mode;
  range: Range | null;
  context: string;
  /** Hosts by name; * stands for anything. Empty: all. */
  hosts: readonly string[];
  dimensions: string;
  /** node, dimension, instance, or label:NAME. */
  by: readonly string[];
  aggregation: Aggregation;
  /** Lines that are kept, the others are one. */
  top: number;
  stacked: boolean;
  query: string;
}

export const usual: ExploreView = { mode: "metrics", range: null, context: "system.cpu", hosts: [], dimensions: "", by: ["node"], aggregation: "sum", top: 10, stacked: false, query: "" };

const modes: readonly string[] = ["metrics", "heat", "compare", "promql"] satisfies Mode[];
const aggregations: readonly string[] = ["sum", "average", "min", "max"] satisfies Aggregation[];

const list = (text: string | null) => (text ?? "").split(",").map((s) => s.trim()).filter(Boolean);

export function readExplore(p: URLSearchParams): ExploreView {
  const by = list(p.get("by")).filter((k) => ["node", "dimension", "instance"].includes(k) || k.startsWith("label:"));
  const top = Number(p.get("top"));
  const pick = (name: string, known: readonly string[], otherwise: string) => (known.includes(p.get(name) ?? "") ? p.get(name)! : otherwise);
  return {
    mode: pick("mode", modes, usual.mode) as Mode,
    range: readView(p).range,
    context: p.get("context") || usual.context,
    hosts: list(p.get("hosts")),
    dimensions: p.get("dimensions") ?? "",
    by: by.length > 0 ? by : usual.by,
    aggregation: pick("aggregation", aggregations, usual.aggregation) as Aggregation,
    top: Number.isInteger(top) && top > 0 ? Math.min(200, top) : usual.top,
    stacked: p.get("stacked") === "true",
    query: p.get("query") ?? "",
  };
}

/** The parameters of the address of a view; null where it is as usual. */
export function writeExplore(v: ExploreView, usualSpan: number): Record<string, string | null> {
  const { last, after, before } = writeView({ range: v.range, hidden: new Map(), query: "", full: "" }, usualSpan);
  const unless = (value: string, other: string) => (value === other ? null : value);
  return {
    mode: unless(v.mode, usual.mode),
    last: last!,
    after: after!,
    before: before!,
    context: unless(v.context, usual.context),
    hosts: v.hosts.join(",") || null,
    dimensions: v.dimensions || null,
    by: unless(v.by.join(","), usual.by.join(",")),
    aggregation: unless(v.aggregation, usual.aggregation),
    top: unless(String(v.top), String(usual.top)),
    stacked: v.stacked ? "true" : null,
    query: v.query || null,
  };
}
