import type { Alarm } from "../api/alarms";
import type { Threshold } from "../chart/overlay";

const spellings: Record<string, string> = { "%": "percentage", percent: "percentage", pcent: "percentage" };
const unit = (u: string) => spellings[u] ?? u;

/**
 * The values from which an alert is raised, as far as its expressions say them plainly: `$this > 80`, and
 * `$this > (($status >= $WARNING) ? (75) : (85))`, of which the part counts that holds now. None when the alert is in other
 * units than the chart: its value is not on the chart's axis.
 */
export function thresholdsOf(alarm: Alarm, units: string): Threshold[] {
  if (unit(alarm.units) !== unit(units)) return [];
  const out: Threshold[] = [];
  for (const tone of ["warning", "critical"] as const) {
    const value = limitOf(tone === "warning" ? alarm.warn : alarm.crit, alarm);
    if (value !== null) out.push({ value, tone });
  }
  return out;
}

const ranks: Record<string, number> = { UNINITIALIZED: 0, UNDEFINED: 0, CLEAR: 1, RAISED: 2, WARNING: 3, CRITICAL: 4 };

function limitOf(expression: string, alarm: Alarm): number | null {
  const value = "(-?[\\d.]+|\\$\\{?green\\}?|\\$\\{?red\\}?)";
  const compared = "\\$\\{?this\\}?[\\s)]*(?:>=|<=|>|<)[\\s(]*";
  const chosen = new RegExp(`${compared}\\$\\{?status\\}?\\s*(>=|>|==)\\s*\\$\\{?([A-Z]+)\\}?[\\s)]*\\?[\\s(]*${value}[\\s)]*:[\\s(]*${value}`).exec(expression);
  if (chosen) {
    const [, operator, name, then, otherwise] = chosen;
    const [now, than] = [ranks[alarm.status]!, ranks[name!] ?? 0];
    const holds = operator === ">=" ? now >= than : operator === ">" ? now > than : now === than;
    return number(holds ? then! : otherwise!, alarm);
  }
  const plain = new RegExp(compared + value).exec(expression);
  return plain ? number(plain[1]!, alarm) : null;
}

function number(text: string, alarm: Alarm): number | null {
  if (text.includes("green")) return alarm.green;
  if (text.includes("red")) return alarm.red;
  const n = Number(text);
  return Number.isFinite(n) ? n : null;
}
