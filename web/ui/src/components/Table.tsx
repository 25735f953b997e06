import type { ComponentChildren, JSX, TargetedKeyboardEvent } from "preact";
import type { Signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { useMedia } from "./media";
import { useRows } from "./rows";

export interface Sort<K extends string = string> {
  key: K;
  descending: boolean;
}

export interface Column<Row, K extends string = string> {
  key: K;
  label: string;
  /** Figures: on the right, and sorted from the largest. */
  number?: boolean;
  sortable?: boolean;
  /** CSS width; columns without share what is left. */
  width?: string;
  /** The narrowest screen that has room for it. */
  from?: "tablet" | "desktop" | "wide";
  /** Said instead of the label where room is short. */
  title?: string;
  render: (row: Row) => ComponentChildren;
}

interface Props<Row, K extends string> {
  /** What the table lists, for screen readers. */
  label: string;
  columns: readonly Column<Row, K>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** px; every row has it. */
  rowHeight: number;
  sort?: Signal<Sort<K>>;
  rowClass?: (row: Row) => string | undefined;
  /** What a row has over its whole width instead of columns, or undefined. */
  whole?: (row: Row) => ComponentChildren;
}

/**
 * A table of any length: only the rows on the screen are in the document. The page scrolls, not the table, and its head stays
 * at the top. The first column names its row; the arrow keys move between the links in it.
 */
export function Table<Row, K extends string = string>({ label, columns, rows, rowKey, rowHeight, sort, rowClass, whole }: Props<Row, K>): JSX.Element {
  const body = useRef<HTMLTableSectionElement>(null);
  const { from, to } = useRows(body, rows.length, rowHeight);
  // A cell over more columns than are shown would make the table wider.
  const room = { tablet: useMedia("(min-width: 700px)"), desktop: useMedia("(min-width: 1100px)"), wide: useMedia("(min-width: 1500px)") };
  const shown = columns.filter((c) => !c.from || room[c.from]).length;
  const by = (c: Column<Row, K>) => {
    if (!sort) return;
    const { key, descending } = sort.peek();
    sort.value = { key: c.key, descending: key === c.key ? !descending : (c.number ?? false) };
  };
  const cell = (c: Column<Row, K>) => [c.number ? "number" : "", c.from ? `from-${c.from}` : ""].filter(Boolean).join(" ") || undefined;
  const spacer = (height: number, key: string) => height > 0 && <tr key={key} aria-hidden="true" class="spacer" style={{ height: `${height}px` }} />;
  return (
    <table class="table" aria-label={label} aria-rowcount={rows.length + 1}>
      <colgroup>
        {columns.map((c) => (
          <col key={c.key} class={cell(c)} style={c.width ? { width: c.width } : undefined} />
        ))}
      </colgroup>
      <thead>
        <tr aria-rowindex={1}>
          {columns.map((c) => {
            const sorted = sort?.value.key === c.key;
            return (
              <th key={c.key} scope="col" class={cell(c)} title={c.title} aria-sort={sorted ? (sort.value.descending ? "descending" : "ascending") : undefined}>
                {sort && c.sortable !== false ? (
                  <button type="button" onClick={() => by(c)}>
                    {c.label}
                    <span class="arrow" aria-hidden="true">
                      {sorted ? (sort.value.descending ? "↓" : "↑") : ""}
                    </span>
                  </button>
                ) : (
                  <span>{c.label}</span>
                )}
              </th>
            );
          })}
        </tr>
      </thead>
      <tbody ref={body} onKeyDown={(e) => moveRow(e, rowHeight)}>
        {spacer(from * rowHeight, "before")}
        {rows.slice(from, to).map((row, i) => {
          const all = whole?.(row);
          return (
            <tr key={rowKey(row)} class={rowClass?.(row)} style={{ height: `${rowHeight}px` }} aria-rowindex={from + i + 2}>
              {all !== undefined ? (
                <th scope="rowgroup" colSpan={shown} class="whole">
                  {all}
                </th>
              ) : (
                columns.map((c, n) =>
                  n === 0 ? (
                    <th key={c.key} scope="row" class={cell(c)}>
                      {c.render(row)}
                    </th>
                  ) : (
                    <td key={c.key} class={cell(c)}>
                      {c.render(row)}
                    </td>
                  ),
                )
              )}
            </tr>
          );
        })}
        {spacer((rows.length - to) * rowHeight, "after")}
      </tbody>
    </table>
  );
}

/** Moves the focus to the link of the next or previous row. */
function moveRow(e: TargetedKeyboardEvent<HTMLTableSectionElement>, rowHeight: number): void {
  const by = { ArrowDown: 1, ArrowUp: -1 }[e.key];
  const row = (e.target as HTMLElement).closest("tr");
  if (by === undefined || !row || e.ctrlKey || e.altKey || e.metaKey) return;
  const next = by > 0 ? row.nextElementSibling : row.previousElementSibling;
  const link = next?.querySelector<HTMLElement>("th a, th button");
  if (!link) return;
  e.preventDefault();
  link.focus({ preventScroll: true });
  const box = next!.getBoundingClientRect();
  if (box.top < 3 * rowHeight || box.bottom > innerHeight - 2 * rowHeight) scrollBy(0, by * rowHeight);
}
