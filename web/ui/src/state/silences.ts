import type { Alert, AlertKey } from "../api/alerts";
import type { MaintenanceWindow, Selector, Silence, Silences } from "../api/silences";
import { compilePattern, patternOf } from "./pattern";

/** An alert as selectors see it. */
export type Subject = AlertKey & Pick<Alert, "hostname" | "chartName" | "context" | "family">;

const fields: readonly { key: keyof Selector; label: string; names: (a: Subject) => string[] }[] = [
  { key: "alarm", label: "alert", names: (a) => [a.name] },
  { key: "chart", label: "chart", names: (a) => [a.chart, a.chartName] },
  { key: "context", label: "context", names: (a) => [a.context] },
  { key: "families", label: "family", names: (a) => [a.family] },
  { key: "hosts", label: "host", names: (a) => [a.hostname, a.guid] },
];

/** Compiles a selector; an empty one selects nothing here, since the server refuses it. */
export function compileSelector(s: Partial<Selector>): (a: Subject) => boolean {
  const tests = fields.flatMap((f) => {
    const text = s[f.key]?.trim() ?? "";
    if (text === "") return [];
    const match = compilePattern(text);
    return [(a: Subject) => match(...f.names(a))];
  });
  return (a) => tests.length > 0 && tests.every((t) => t(a));
}

/** What silences an alert now. */
export interface Reasons {
  silences: Silence[];
  windows: MaintenanceWindow[];
  /** Netdata's commands do. */
  commands: boolean;
}

export function silencedBy(a: Subject, all: Silences): Reasons {
  const { commands } = all;
  return {
    silences: all.silences.filter((s) => compileSelector(s.selector)(a)),
    windows: all.windows.filter((w) => w.active && compilePattern(w.hosts)(a.hostname, a.guid)),
    commands: commands.effect !== null && (commands.all || commands.selectors.some((s) => compileSelector(s)(a))),
  };
}

const longest = 1000; // bytes of a pattern, the server's limit is 1024

/** Selectors that select these alerts and no others: one for each alert of a chart, with its hosts. */
export function selectorsFor(alerts: readonly AlertKey[]): Partial<Selector>[] {
  type Group = { alarm: string; chart: string; hosts: string };
  const out: Group[] = [];
  const open = new Map<string, Group>();
  for (const a of alerts) {
    const [alarm, chart, host] = [patternOf(a.name), patternOf(a.chart), patternOf(a.guid)];
    let group = open.get(`${alarm} ${chart}`);
    // A pattern that would become too long goes on in another.
    if (!group || group.hosts.length + host.length >= longest) {
      out.push((group = { alarm, chart, hosts: host }));
      open.set(`${alarm} ${chart}`, group);
    } else if (!group.hosts.split(" ").includes(host)) group.hosts += ` ${host}`;
  }
  return out;
}

/** A selector in words; `name` gives the hostname of a machine GUID. */
export function describeSelector(s: Partial<Selector>, name: (guid: string) => string): { label: string; text: string }[] {
  return fields.flatMap(({ key, label }) => {
    const text = s[key]?.trim() ?? "";
    if (text === "") return [];
    return [{ label, text: key === "hosts" ? describeHosts(text, name) : text }];
  });
}

/** A pattern of hosts with hostnames in the place of GUIDs. */
export function describeHosts(pattern: string, name: (guid: string) => string): string {
  if (pattern.trim() === "*") return "every host";
  return pattern.split(/\s+/).filter(Boolean).map((word) => name(word)).join(" ");
}

export interface Span {
  label: string;
  /** Seconds. */
  seconds: number;
}

/** For how long things are silenced. */
export const spans: readonly Span[] = [
  { label: "30 min", seconds: 1800 },
  { label: "1 h", seconds: 3600 },
  { label: "2 h", seconds: 2 * 3600 },
  { label: "4 h", seconds: 4 * 3600 },
  { label: "12 h", seconds: 12 * 3600 },
  { label: "1 day", seconds: 86_400 },
  { label: "1 week", seconds: 7 * 86_400 },
];

const two = (n: number) => String(n).padStart(2, "0");

/** A time as a field of the type datetime-local has it, in the browser's zone. */
export function localTime(time: number): string {
  const d = new Date(time * 1000);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}T${two(d.getHours())}:${two(d.getMinutes())}`;
}

/** The unix time of such a field, null for none. */
export function timeOf(text: string): number | null {
  const t = text === "" ? NaN : new Date(text).getTime();
  return Number.isFinite(t) ? Math.floor(t / 1000) : null;
}
