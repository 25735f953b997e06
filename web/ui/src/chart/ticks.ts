/** A value axis: its limits and the places of its labels, all in the values' own unit. */
export interface ValueAxis {
  min: number;
  max: number;
  ticks: number[];
}

/**
 * Lays out a value axis over the data from `low` to `high` with about `count` intervals whose distance is 1, 2 or 5 times a
 * power of ten of the shown unit (`divisor`). The limits are whole intervals, so a live chart does not rescale at every sample.
 * Zero is included when `fromZero` (areas need their base) or when the data comes near it.
 */
export function valueAxis(low: number, high: number, divisor: number, fromZero: boolean, count = 4): ValueAxis {
  if (!Number.isFinite(low) || !Number.isFinite(high)) [low, high] = [0, 0];
  let min = low / divisor;
  let max = high / divisor;
  if (fromZero || (min > 0 && min < 0.6 * max)) min = Math.min(min, 0);
  if (fromZero || (max < 0 && max > 0.6 * min)) max = Math.max(max, 0);
  if (max - min <= Math.abs(max) * 1e-6) {
    // A constant: give it room on both sides, and zero a unit above it.
    const room = Math.abs(max) * 0.1 || 1;
    if (max !== 0) min -= room;
    max += room;
  }
  const step = niceStep((max - min) / count);
  // A stack of rounded percentages may end at 100.00001: that is 100, not a reason for an axis to 150.
  const first = Math.floor(min / step + 1e-4);
  const last = Math.ceil(max / step - 1e-4);
  const ticks: number[] = [];
  for (let i = first; i <= last; i++) ticks.push(i * step * divisor + 0); // + 0 makes −0 a 0
  return { min: ticks[0]!, max: ticks.at(-1)!, ticks };
}

function niceStep(raw: number): number {
  const power = 10 ** Math.floor(Math.log10(raw));
  const m = raw / power;
  return (m <= 1.0001 ? 1 : m <= 2.0001 ? 2 : m <= 5.0001 ? 5 : 10) * power;
}
