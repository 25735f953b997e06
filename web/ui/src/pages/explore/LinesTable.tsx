import type { JSX } from "preact";
import { useComputed, useSignal, type ReadonlySignal, type Signal } from "@preact/signals";
import { decimalsFor, formatNumber } from "../../chart/format";
import { dimensionColor } from "../../chart/palette";
import { scaleFor } from "../../chart/units";
import { theme } from "../../state/theme";
import type { Cell } from "../../api/types";
import type { Lines } from "./data";

export interface Figures {
  at: Cell;
  min: Cell;
  mean: Cell;
  max: Cell;
}

/** The value at a row (the last one that has a value when it is -1), and the least, mean and greatest of a column. */
export function figuresOf(column: readonly Cell[], row = -1): Figures {
  const values = column.filter((v): v is number => v !== null);
  if (values.length === 0) return { at: null, min: null, mean: null, max: null };
  const sum = values.reduce((n, v) => n + v, 0);
  return { at: row >= 0 ? (column[row] ?? null) : values.at(-1)!, min: Math.min(...values), mean: sum / values.length, max: Math.max(...values) };
}

type Key = "name" | keyof Figures;

const columns: readonly { key: Key; label: string }[] = [
  { key: "name", label: "Line" },
  { key: "at", label: "Now" },
  { key: "min", label: "Min" },
  { key: "mean", label: "Mean" },
  { key: "max", label: "Max" },
];

interface Props {
  lines: ReadonlySignal<Lines | null>;
  hidden: Signal<ReadonlySet<string>>;
  cursor: ReadonlySignal<number | null>;
  units?: string;
  label: string;
}

/** The lines of a chart as a table: sorted by any figure, switched off and on, or shown alone. */
export function LinesTable({ lines, hidden, cursor, units = "", label }: Props): JSX.Element | null {
  const sort = useSignal<{ key: Key; descending: boolean }>({ key: "mean", descending: true });
  const rows = useComputed(() => {
    const l = lines.value;
    if (!l) return [];
    const time = cursor.value;
    const row = time === null ? -1 : l.times.findIndex((t) => Math.abs(t - time) <= l.step / 2);
    const { key, descending } = sort.value;
    const list = l.lines.map((line, index) => ({ line, index, figures: figuresOf(line.column, row) }));
    const size = (f: Figures) => (key === "name" ? 0 : (f[key] ?? -Infinity));
    list.sort((a, b) => (key === "name" ? a.line.name.localeCompare(b.line.name, "en", { numeric: true }) : size(a.figures) - size(b.figures)) * (descending ? -1 : 1) || a.index - b.index);
    return list;
  }).value;
  const l = lines.value;
  if (!l || rows.length === 0) return null;
  const peak = Math.max(0, ...rows.map((r) => Math.max(Math.abs(r.figures.max ?? 0), Math.abs(r.figures.min ?? 0))));
  const scale = scaleFor(l.units || units, peak);
  const decimals = decimalsFor(peak / scale.divisor);
  const ids = l.lines.map((s) => s.id);
  const click = (id: string, alone: boolean) => {
    const off = new Set(hidden.peek());
    if (alone) {
      const others = ids.filter((i) => i !== id);
      hidden.value = new Set(!off.has(id) && others.every((i) => off.has(i)) ? [] : others);
      return;
    }
    if (!off.delete(id)) off.add(id);
    hidden.value = ids.every((i) => off.has(i)) ? new Set() : off;
  };
  return (
    <table class="lines" aria-label={label}>
      <thead>
        <tr>
          {columns.map((c) => (
            <th key={c.key} scope="col" class={c.key === "name" ? "" : "number"} aria-sort={sort.value.key === c.key ? (sort.value.descending ? "descending" : "ascending") : undefined}>
              <button type="button" onClick={() => (sort.value = { key: c.key, descending: sort.peek().key === c.key ? !sort.peek().descending : c.key !== "name" })}>
                {c.key === "at" && cursor.value !== null ? "At cursor" : c.label}
                {c.key !== "name" && scale.label && <small> {scale.label}</small>}
                <span aria-hidden="true">{sort.value.key === c.key ? (sort.value.descending ? " ↓" : " ↑") : ""}</span>
              </button>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ line, index, figures }) => (
          <tr key={line.id} class={hidden.value.has(line.id) ? "off" : ""}>
            <th scope="row">
              <button type="button" aria-pressed={!hidden.value.has(line.id)} title={`${line.name}\nclick: off and on; with shift: this one alone`} onClick={(e) => click(line.id, e.shiftKey)}>
                <span class="swatch" style={{ background: dimensionColor(theme.value, index) }} aria-hidden="true" />
                {line.name}
              </button>
            </th>
            {(["at", "min", "mean", "max"] as const).map((k) => (
              <td key={k} class="number">
                {formatNumber(figures[k] === null ? null : figures[k] / scale.divisor, decimals)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
