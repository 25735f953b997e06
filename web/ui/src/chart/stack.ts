import type { Cell } from "../api/types";

/** Fill between two drawn series; indices as in `columns`. */
export interface Band {
  from: number;
  to: number;
  /** -1 fills from `from` down to `to`, 1 fills up. */
  dir: 1 | -1;
}

export interface Stack {
  /** The columns to draw: running sums of the shown dimensions, hidden ones as they were. */
  columns: Cell[][];
  /** The fills; the first dimension of each direction has none and fills to zero. */
  bands: Band[];
}

/**
 * Stacks columns on each other, the first at the bottom. A dimension that is negative as a whole (bytes sent, say) is stacked
 * downwards from zero, so that both directions keep their own outline. A null counts as nothing as long as another dimension
 * of its direction has a value in that row; where none has, the row is a gap.
 */
export function stack(columns: readonly Cell[][], shown: readonly boolean[]): Stack {
  const out: Cell[][] = columns.slice();
  const bands: Band[] = [];
  const below: Record<1 | -1, number> = { 1: -1, [-1]: -1 };
  const down = columns.map(isNegative);

  for (const sign of [1, -1] as const) {
    const members = columns.map((_, i) => i).filter((i) => shown[i] && down[i] === (sign < 0));
    const rows = columns[0]?.length ?? 0;
    const gap = new Uint8Array(rows);
    for (let k = 0; k < rows; k++) gap[k] = members.every((i) => columns[i]![k] == null) ? 1 : 0;

    const sums = new Float64Array(rows);
    for (const i of members) {
      const column = columns[i]!;
      const stacked = new Array<Cell>(rows);
      for (let k = 0; k < rows; k++) {
        sums[k]! += column[k] ?? 0;
        stacked[k] = gap[k] ? null : sums[k]!;
      }
      out[i] = stacked;
      if (below[sign] >= 0) bands.push({ from: i, to: below[sign], dir: sign > 0 ? -1 : 1 });
      below[sign] = i;
    }
  }
  return { columns: out, bands };
}

function isNegative(column: readonly Cell[]): boolean {
  let sum = 0;
  for (const v of column) sum += v ?? 0;
  return sum < 0;
}
