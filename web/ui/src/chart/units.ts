/** How the values of a chart are shown: divided by `divisor`, with `label` as unit. */
export interface Scale {
  divisor: number;
  label: string;
}

interface Ladder {
  /** Size of each step relative to the ladder's first one, ascending. */
  steps: { size: number; label: string }[];
  /** Units that collectors send, with their size on this ladder. */
  accepts: Record<string, number>;
  /** Follows the label in rates. */
  rate: boolean;
}

const binary = [1, 2 ** 10, 2 ** 20, 2 ** 30, 2 ** 40, 2 ** 50];
const decimal = [1, 1e3, 1e6, 1e9, 1e12, 1e15];
const steps = (sizes: number[], labels: string[]) => labels.map((label, i) => ({ size: sizes[i]!, label }));

const ladders: Ladder[] = [
  {
    steps: steps(binary, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]),
    accepts: { B: 1, bytes: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40, kilobytes: 2 ** 10, megabytes: 2 ** 20, KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30 },
    rate: true,
  },
  {
    steps: steps(decimal, ["bit", "kbit", "Mbit", "Gbit", "Tbit", "Pbit"]),
    accepts: { bit: 1, bits: 1, kilobits: 1e3, Kbit: 1e3, kbit: 1e3, megabits: 1e6, Mbit: 1e6, gigabits: 1e9, Gbit: 1e9 },
    rate: true,
  },
  {
    steps: steps(decimal, ["Hz", "kHz", "MHz", "GHz"]),
    accepts: { Hz: 1, hz: 1, kHz: 1e3, MHz: 1e6, GHz: 1e9 },
    rate: false,
  },
  {
    steps: steps([1, 1e3, 1e6, 1e9, 60e9, 3600e9, 86400e9], ["ns", "µs", "ms", "s", "min", "h", "d"]),
    accepts: { ns: 1, nanoseconds: 1, us: 1e3, "µs": 1e3, microseconds: 1e3, ms: 1e6, milliseconds: 1e6, s: 1e9, seconds: 1e9, sec: 1e9, minutes: 60e9, hours: 3600e9, days: 86400e9 },
    rate: false,
  },
];

/** Short forms of units that are written out. */
const short: Record<string, string> = { percentage: "%", percent: "%", pcent: "%", Celsius: "°C", Fahrenheit: "°F", Watts: "W", Volts: "V" };

const counts = steps(decimal, ["", "k", "M", "G", "T", "P"]);

/**
 * Chooses how to show values of `units` whose largest magnitude is `peak`: the largest step of the unit's ladder that leaves
 * the peak at one or more. Units without a ladder (requests/s) are counted in thousands only where figures would get long.
 */
export function scaleFor(units: string, peak: number): Scale {
  const size = Number.isFinite(peak) ? Math.abs(peak) : 0;
  const rate = units.endsWith("/s");
  const base = rate ? units.slice(0, -2) : units;
  for (const ladder of ladders) {
    const unit = ladder.accepts[base];
    if (unit === undefined || (rate && !ladder.rate)) continue;
    // Nothing to scale by: keep the unit as sent rather than falling to the bottom of the ladder.
    let step = ladder.steps.find((s) => s.size === unit)!;
    if (size > 0) step = ladder.steps.findLast((s) => s.size <= size * unit) ?? ladder.steps[0]!;
    return { divisor: step.size / unit, label: rate ? `${step.label}/s` : step.label };
  }
  const label = short[units] ?? units;
  const step = size >= 1e5 ? counts.findLast((s) => s.size <= size)! : counts[0]!;
  return { divisor: step.size, label: [step.label, label].filter(Boolean).join(" ") };
}
