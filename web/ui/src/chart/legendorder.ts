import type { Cell } from "../api/types";

/** How the dimensions of a legend are ordered: as the host sends them, the largest value first, or by name. */
export type LegendOrder = "sent" | "value" | "name";

export const legendOrders: readonly { order: LegendOrder; label: string }[] = [
  { order: "sent", label: "Order as collected" },
  { order: "value", label: "Order by value" },
  { order: "name", label: "Order by name" },
];

const natural = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** The indices of dimensions in that order. What has no value stands last. */
export function orderOf(order: LegendOrder, names: readonly string[], values: readonly Cell[]): number[] {
  const indices = names.map((_, i) => i);
  const size = (i: number) => Math.abs(values[i] ?? -1) * (values[i] == null ? -1 : 1);
  if (order === "name") indices.sort((a, b) => natural.compare(names[a]!, names[b]!));
  if (order === "value") indices.sort((a, b) => size(b) - size(a) || a - b);
  return indices;
}

/** How many of the names of a legend are shown where there is room for so many: when not all fit, the last place is for what shows the rest. */
export function fits(names: number, room: number): number {
  return names <= room ? names : Math.max(0, room - 1);
}
