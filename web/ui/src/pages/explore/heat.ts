import type { Theme } from "../../chart/palette";
import type { Line, Lines } from "./data";
import { figuresOf } from "./LinesTable";

export interface HeatRows {
  list: (Line & { mean: number | null })[];
  /** Limits of the colours: of an outlier only as much as leaves the others their differences. */
  low: number;
  high: number;
}

/** The rows of a heat map, the largest mean first, and the limits of its colours: zero or the least, and the 99th of 100 values. */
export function heatRows(l: Lines): HeatRows {
  const list = l.lines.map((line) => ({ ...line, mean: figuresOf(line.column).mean })).sort((a, b) => (b.mean ?? -Infinity) - (a.mean ?? -Infinity));
  const values = l.lines.flatMap((line) => line.column.filter((v): v is number => v !== null)).sort((a, b) => a - b);
  if (values.length === 0) return { list, low: 0, high: 0 };
  const low = Math.min(0, values[0]!);
  const high = values[Math.min(values.length - 1, Math.floor(values.length * 0.99))]!;
  return { list, low, high: high > low ? high : values.at(-1)! };
}

// From what is hardly there to what cannot be overlooked, in steps of even lightness.
const ramps: Record<Theme, readonly (readonly [number, number, number])[]> = {
  light: [[226, 235, 247], [158, 196, 236], [84, 146, 214], [34, 92, 170], [13, 42, 94]],
  dark: [[26, 34, 48], [32, 70, 128], [48, 118, 196], [110, 172, 240], [214, 234, 255]],
};

/** The colour of a share of the range; beyond its ends that of the end. */
export function heatColor(share: number, theme: Theme): string {
  const ramp = ramps[theme];
  const at = Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0)) * (ramp.length - 1);
  const i = Math.min(ramp.length - 2, Math.floor(at));
  const mix = ramp[i]!.map((c, k) => Math.round(c + (ramp[i + 1]![k]! - c) * (at - i)));
  return `rgb(${mix.join(",")})`;
}
