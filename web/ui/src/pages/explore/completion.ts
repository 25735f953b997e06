/** What can be written at a place of a PromQL expression. */
export type Place =
  | { kind: "metric"; word: string; from: number }
  | { kind: "label"; word: string; from: number; metric: string }
  | { kind: "value"; word: string; from: number; metric: string; label: string };

export const functions: readonly string[] = [
  "abs", "avg", "avg_over_time", "bottomk", "ceil", "changes", "clamp_max", "clamp_min", "count", "count_over_time", "deriv", "exp", "floor", "group",
  "histogram_quantile", "label_replace", "last_over_time", "ln", "log10", "max", "max_over_time", "min", "min_over_time", "predict_linear", "quantile",
  "quantile_over_time", "round", "scalar", "sort_desc", "sqrt", "stddev", "stddev_over_time", "sum", "sum_over_time", "time", "topk", "vector",
];

/** Finds out what stands at the cursor: the name of a metric or function, a label inside braces or after by, or a label's value. */
export function placeAt(text: string, cursor: number): Place {
  const before = text.slice(0, cursor);
  const word = /[A-Za-z_:][\w:]*$/.exec(before)?.[0] ?? "";
  const from = cursor - word.length;
  const open = openBrace(before);
  if (open >= 0) {
    const metric = /([A-Za-z_:][\w:]*)\s*$/.exec(before.slice(0, open))?.[1] ?? "";
    const value = /([A-Za-z_]\w*)\s*(?:=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)$/.exec(before.slice(open));
    if (value) return { kind: "value", word: value[2]!, from: cursor - value[2]!.length, metric, label: value[1]! };
    return { kind: "label", word, from, metric };
  }
  if (/\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^()]*$/.test(before)) {
    const metric = /([A-Za-z_:][\w:]*)\s*(?:\{|\[|\)|$)/.exec(text.slice(cursor).replace(/^[^(]*\(/, ""))?.[1] ?? "";
    return { kind: "label", word, from, metric };
  }
  return { kind: "metric", word, from };
}

/** Index of the brace that is open at the end of the text, -1 for none. What stands in quotes does not count. */
function openBrace(text: string): number {
  let open = -1;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted && c === "\\") i++;
    else if (c === '"') quoted = !quoted;
    else if (!quoted && c === "{") open = i;
    else if (!quoted && c === "}") open = -1;
  }
  return open;
}

/** The proposals for a word: those that begin with it, then those that contain it; not the word itself. */
export function proposals(word: string, names: readonly string[], most = 12): string[] {
  const w = word.toLowerCase();
  const begin = names.filter((n) => n.toLowerCase().startsWith(w));
  const contain = w === "" ? [] : names.filter((n) => !n.toLowerCase().startsWith(w) && n.toLowerCase().includes(w));
  const all = [...begin, ...contain].filter((n) => n !== word);
  return all.slice(0, most);
}
