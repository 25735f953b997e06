import type { JSX } from "preact";
import type { ReadonlySignal } from "@preact/signals";
import type { Self } from "../api/streaming";
import { formatBytes, formatCount, formatDuration, formatNumber } from "../chart/format";
import type { Loads } from "../state/streaming";
import { Sparkline, type SparkTone } from "./Sparkline";

/** What foster itself takes and takes in, of the last minutes. */
export function SelfLoad({ self, now, loads }: { self: Self; now: number; loads: ReadonlySignal<Loads> }): JSX.Element {
  const { cpu, memory, samples, bytes } = loads.value;
  const last = (list: readonly number[], text: (v: number) => string) => (list.length > 0 ? text(list.at(-1)!) : "–");
  return (
    <section class="loads" aria-label="foster itself">
      <Load name="Processor" tone="cpu" values={cpu} least={100} text={last(cpu, (v) => `${formatNumber(v, v < 10 ? 1 : 0)} %`)} note="of one core" />
      <Load name="Memory" tone="memory" values={memory} least={256 * 2 ** 20} text={last(memory, formatBytes)} note={`${formatCount(self.goroutines)} goroutines`} />
      <Load name="Samples stored" tone="disk" values={samples} least={100} text={last(samples, (v) => `${formatCount(v)}/s`)} note={`${formatCount(self.accepted)} streams accepted, ${formatCount(self.rejected)} rejected`} />
      <Load name="Received" tone="network" values={bytes} least={1024} text={last(bytes, (v) => `${formatBytes(v)}/s`)} note="on the wire" />
      <div class="card load">
        <span class="label">Running for</span>
        <b>{self.started > 0 ? formatDuration(now - self.started) : "–"}</b>
        <span class="note">{self.version}</span>
      </div>
    </section>
  );
}

function Load({ name, tone, values, least, text, note }: { name: string; tone: SparkTone; values: readonly number[]; least: number; text: string; note: string }): JSX.Element {
  return (
    <div class="card load">
      <span class="label">{name}</span>
      <b>{text}</b>
      <span class="note">{note}</span>
      <Sparkline values={values} tone={tone} least={least} width={64} height={32} />
    </div>
  );
}
