const f = (n: number) => n.toFixed(1);

/**
 * The paths of a sparkline in SVG notation: its line, and the areas below it. Points are spread over the whole width; a
 * missing value interrupts the line, and a value alone between two of them becomes a short dash.
 */
export function sparkPath(values: readonly (number | null)[], width: number, height: number, max?: number, least = 0): { line: string; areas: string } {
  let top = max ?? least;
  if (max === undefined) for (const v of values) if (v !== null && v > top) top = v;
  if (!(top > 0)) top = 1;
  const bottom = height - 1;
  const step = values.length > 1 ? width / (values.length - 1) : width;
  const y = (v: number) => bottom - (Math.min(top, Math.max(0, v)) / top) * (bottom - 1);
  let line = "";
  let areas = "";
  for (let i = 0; i < values.length; i++) {
    if (values[i] === null) continue;
    const start = i;
    let run = "";
    while (i < values.length && values[i] !== null) {
      run += `${run === "" ? "M" : "L"}${f(i * step)} ${f(y(values[i]!))}`;
      i++;
    }
    const end = i - 1;
    if (start === end) run += `L${f(start * step + Math.max(1, step / 2))} ${f(y(values[start]!))}`;
    line += run;
    if (start !== end) areas += `${run}L${f(end * step)} ${f(height)}L${f(start * step)} ${f(height)}Z`;
  }
  return { line, areas };
}
