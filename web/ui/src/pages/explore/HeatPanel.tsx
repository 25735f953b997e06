import type { JSX } from "preact";
import { useSignal, type ReadonlySignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { decimalsFor, formatClock, formatDateTime, formatNumber } from "../../chart/format";
import { scaleFor } from "../../chart/units";
import { hostHref } from "../../state/hosts";
import { theme } from "../../state/theme";
import { ContextAnswer } from "./Answer";
import { AggregationField, ContextField, DimensionsField, HostsField, TopField } from "./Conditions";
import { fetchLines, type Lines } from "./data";
import { heatColor, heatRows } from "./heat";
import { Question, type ExploreSession } from "./session";

const rowHeight = 20;
const columns = 120;

/** A row for each host and a column for each moment: the stronger the colour, the larger the value. */
export function HeatPanel({ session }: { session: ExploreSession }): JSX.Element {
  const question = useMemo(
    () =>
      new Question(session, () => {
        const { context, hosts, dimensions, aggregation, top } = session.view.value;
        return (w, _points, signal) => fetchLines({ context, hosts, dimensions, by: ["node"], aggregation, top: Math.max(top, 50) }, w, columns, signal);
      }),
    [session],
  );
  useEffect(() => () => question.close(), [question]);
  return (
    <>
      <div class="conditions">
        <ContextField session={session} />
        <HostsField session={session} />
        <DimensionsField session={session} />
        <AggregationField session={session} />
        <TopField session={session} />
      </div>
      <ContextAnswer session={session} question={question}>
        <HeatMap session={session} lines={question.lines} />
      </ContextAnswer>
    </>
  );
}

function HeatMap({ session, lines }: { session: ExploreSession; lines: ReadonlySignal<Lines | null> }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const pointed = useSignal<{ row: number; column: number } | null>(null);
  const l = lines.value!;
  const rows = useMemo(() => heatRows(l), [l]);
  const scale = scaleFor(l.units, Math.max(Math.abs(rows.low), Math.abs(rows.high)));
  const decimals = decimalsFor(rows.high / scale.divisor);
  const text = (v: number | null | undefined) => `${formatNumber(v == null ? null : v / scale.divisor, decimals)} ${scale.label}`;
  const colors = theme.value;
  useEffect(() => {
    const c = canvas.current!;
    c.width = Math.max(1, l.times.length);
    c.height = Math.max(1, rows.list.length);
    const ctx = c.getContext("2d")!;
    rows.list.forEach((line, y) => {
      line.column.forEach((v, x) => {
        if (v === null) return;
        ctx.fillStyle = heatColor(rows.high > rows.low ? (v - rows.low) / (rows.high - rows.low) : 0.5, colors);
        ctx.fillRect(x, y, 1, 1);
      });
    });
  }, [l, rows, colors]);
  const hosts = new Map(session.hosts.value.map((h) => [h.guid, h]));
  const at = pointed.value;
  const under = at && rows.list[at.row];
  return (
    <section class="card heat" aria-label="heat map of hosts">
      <p class="heat-scale">
        <span>{text(rows.low)}</span>
        <span class="heat-ramp" aria-hidden="true" style={{ background: `linear-gradient(90deg, ${[0, 0.25, 0.5, 0.75, 1].map((s) => heatColor(s, colors)).join(", ")})` }} />
        <span>{text(rows.high)}</span>
        <output aria-live="off">{under ? `${under.name}, ${formatDateTime(l.times[at.column] ?? 0)}: ${text(under.column[at.column])}` : ""}</output>
      </p>
      <div class="heat-body">
        <ul style={{ lineHeight: `${rowHeight}px` }}>
          {rows.list.map((line) => {
            const host = hosts.get(line.id);
            return (
              <li key={line.id}>
                {host ? <a href={hostHref(host)}>{line.name}</a> : line.name}
                <span class="figure">{text(line.mean)}</span>
              </li>
            );
          })}
        </ul>
        <div>
          <canvas
            ref={canvas}
            role="img"
            aria-label={`values of ${rows.list.length} hosts over time; the list beside it has their means`}
            style={{ height: `${rows.list.length * rowHeight}px` }}
            onMouseMove={(e) => {
              const box = e.currentTarget.getBoundingClientRect();
              pointed.value = { row: Math.floor((e.clientY - box.top) / rowHeight), column: Math.floor(((e.clientX - box.left) / box.width) * l.times.length) };
            }}
            onMouseLeave={() => (pointed.value = null)}
          />
          <p class="heat-times">
            <span>{formatClock(l.times[0] ?? 0)}</span>
            <span>{formatClock(l.times.at(-1) ?? 0)}</span>
          </p>
        </div>
      </div>
    </section>
  );
}
