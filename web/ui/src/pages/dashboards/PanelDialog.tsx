import type { JSX } from "preact";
import type { Panel } from "../../api/dashboards";
import { Button } from "../../components/Button";
import { Dialog } from "../../components/Dialog";
import { Input, Select } from "../../components/Field";
import type { BoardSession } from "../../state/board";
import { heights, widths } from "../../state/panels";

interface Props {
  panel: Panel;
  board: BoardSession;
  onChange: (change: Partial<Panel>) => void;
  onClose: () => void;
}

/** The title, size and dimensions of one chart of a dashboard. What is changed shows at once. */
export function PanelDialog({ panel, board, onChange, onClose }: Props): JSX.Element {
  const chart = board.factsOf(panel)?.chart;
  const all = panel.dimensions.length === 0;
  // Dimensions that were chosen and are gone can be taken out.
  const known = [...(chart?.dimensions ?? []), ...panel.dimensions.filter((id) => !chart?.dimensions.some((d) => d.id === id)).map((id) => ({ id, name: `${id} (not there now)` }))];
  const choices = (list: readonly { value: number; label: string }[], now: number, unit: string) =>
    [...list, ...(list.some((c) => c.value === now) ? [] : [{ value: now, label: `${now} ${unit}` }])].sort((a, b) => a.value - b.value).map((c) => ({ value: String(c.value), label: c.label }));
  const toggle = (id: string) => {
    const shown = all ? known.map((d) => d.id) : panel.dimensions;
    const next = shown.includes(id) ? shown.filter((d) => d !== id) : known.map((d) => d.id).filter((d) => d === id || shown.includes(d));
    if (next.length > 0) onChange({ dimensions: next.length === known.length ? [] : next });
  };
  return (
    <Dialog title={`${panel.chart} of ${panel.hostname}`} open onClose={onClose} actions={<Button kind="primary" onClick={onClose}>Done</Button>}>
      <div class="form">
        <Input label="Title" value={panel.title} placeholder={chart?.title ?? panel.chart} maxLength={100} onValue={(title) => onChange({ title })} hint="Empty: that of the chart" />
        <div class="form-pair">
          <Select label="Width" value={String(panel.width)} choices={choices(widths, panel.width, "columns")} onValue={(v) => onChange({ width: Number(v) })} />
          <Select label="Height" value={String(panel.height)} choices={choices(heights, panel.height, "rows")} onValue={(v) => onChange({ height: Number(v) })} />
        </div>
        {known.length > 0 && (
          <fieldset class="dimension-choice">
            <legend>
              Dimensions{" "}
              <button type="button" class="link" disabled={all} onClick={() => onChange({ dimensions: [] })}>
                all
              </button>
            </legend>
            <div>
              {known.map((d) => (
                <label key={d.id}>
                  <input type="checkbox" checked={all || panel.dimensions.includes(d.id)} disabled={panel.dimensions.length === 1 && panel.dimensions[0] === d.id} onChange={() => toggle(d.id)} />
                  <span>{d.name}</span>
                </label>
              ))}
            </div>
            <p class="hint">{all ? "All, and those that appear later" : "Those that appear later are not shown"}</p>
          </fieldset>
        )}
      </div>
    </Dialog>
  );
}
