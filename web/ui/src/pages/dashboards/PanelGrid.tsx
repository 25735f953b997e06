import type { JSX, TargetedKeyboardEvent, TargetedPointerEvent } from "preact";
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { Panel } from "../../api/dashboards";
import type { FullScreen } from "../../components/ChartCard";
import { Icon } from "../../components/icons";
import type { BoardSession } from "../../state/board";
import type { BoardEdit } from "../../state/boardedit";
import { changePanel, dropPlace, heights, movePanel, nextOf, widths } from "../../state/panels";
import { dropAt, followPointer, sizeAt, type Drop } from "./drag";
import { PanelCard } from "./PanelCard";
import { PanelDialog } from "./PanelDialog";

/** The charts of a dashboard in their order, and the means to change it. */
export function PanelGrid({ edit, board, full }: { edit: BoardEdit; board: BoardSession; full: FullScreen }): JSX.Element {
  const grid = useRef<HTMLDivElement>(null);
  const dragged = useSignal("");
  const drop = useSignal<Drop | null>(null);
  const said = useSignal("");
  const settings = useSignal<string | null>(null);
  const panels = edit.content.value!.panels;
  const editing = edit.editing.value;
  const name = (p: Panel) => `${p.title || p.chart} of ${p.hostname}`;

  const move = (p: Panel, to: number) => {
    edit.arrange((list) => movePanel(list, p.id, to));
    const list = edit.content.peek()!.panels;
    said.value = `${name(p)}: place ${list.findIndex((q) => q.id === p.id) + 1} of ${list.length}`;
    // The panel was taken out of the page and put in again, with the focus.
    requestAnimationFrame(() => grid.current?.querySelector<HTMLElement>(`[data-panel="${p.id}"] .panel-handle`)?.focus());
  };
  const size = (p: Panel, change: Partial<Panel>) => {
    edit.arrange((list) => changePanel(list, p.id, change));
    const now = { ...p, ...change };
    said.value = `${name(p)}: ${now.width} of 12 columns wide, ${now.height} rows high`;
  };
  const remove = (p: Panel) => {
    edit.arrange((list) => list.filter((q) => q.id !== p.id));
    said.value = `${name(p)} is removed`;
  };
  const onKey = (p: Panel) => (e: TargetedKeyboardEvent<HTMLElement>) => {
    const at = panels.findIndex((q) => q.id === p.id);
    const act: Record<string, () => void> = e.shiftKey
      ? {
          ArrowLeft: () => size(p, { width: nextOf(widths, p.width, -1) }),
          ArrowRight: () => size(p, { width: nextOf(widths, p.width, 1) }),
          ArrowUp: () => size(p, { height: nextOf(heights, p.height, -1) }),
          ArrowDown: () => size(p, { height: nextOf(heights, p.height, 1) }),
        }
      : { ArrowLeft: () => move(p, at - 1), ArrowUp: () => move(p, at - 1), ArrowRight: () => move(p, at + 1), ArrowDown: () => move(p, at + 1), Home: () => move(p, 0), End: () => move(p, panels.length) };
    const command = act[e.key];
    if (!command) return;
    e.preventDefault();
    e.stopPropagation();
    command();
  };

  const onDrag = (p: Panel) => (e: TargetedPointerEvent<HTMLElement>) => {
    if (e.button !== 0) return;
    e.preventDefault();
    e.currentTarget.focus();
    dragged.value = p.id;
    followPointer(
      e,
      (x, y) => (drop.value = dropAt(grid.current!, p.id, x, y)),
      (letGo) => {
        const place = drop.peek();
        dragged.value = "";
        drop.value = null;
        if (letGo && place) move(p, dropPlace(edit.content.peek()!.panels, p.id, place.on, place.after));
      },
    );
  };
  const onResize = (p: Panel) => (e: TargetedPointerEvent<HTMLElement>) => {
    if (e.button !== 0) return;
    e.preventDefault();
    const box = e.currentTarget.parentElement!.getBoundingClientRect();
    const [left, top] = [box.left, box.top + scrollY];
    followPointer(
      e,
      (x, y) => {
        const next = sizeAt(grid.current!.clientWidth, x - left, y + scrollY - top);
        const now = edit.content.peek()!.panels.find((q) => q.id === p.id);
        if (now && (now.width !== next.width || now.height !== next.height)) size(now, next);
      },
      (letGo) => {
        if (!letGo) size(p, { width: p.width, height: p.height });
      },
    );
  };

  const chosen = panels.find((p) => p.id === settings.value);
  return (
    <>
      <div class={editing ? "panels editing" : "panels"} ref={grid}>
        {panels.map((p) => {
          const target = drop.value?.on === p.id ? (drop.value.after ? " drop-after" : " drop-before") : "";
          return (
            <div
              key={p.id}
              class={`panel${p.height < 3 ? " low" : p.height > 4 ? " tall" : ""}${dragged.value === p.id ? " dragged" : ""}${target}`}
              data-panel={p.id}
              style={{ "--w": String(p.width), "--w-tablet": String(p.width <= 6 ? 6 : 12), "--h": String(p.height) }}
            >
              <PanelCard
                session={board.of(p)}
                panel={p}
                full={full}
                handle={
                  editing && (
                    <button type="button" class="panel-handle" aria-label={`move ${name(p)}`} title="drag, or use the arrow keys; with shift they change the size" onPointerDown={onDrag(p)} onKeyDown={onKey(p)}>
                      <Icon name="grip" />
                    </button>
                  )
                }
                tools={
                  editing && (
                    <>
                      <button type="button" class="btn quiet only" aria-label={`settings of ${name(p)}`} title="settings" onClick={() => (settings.value = p.id)}>
                        <Icon name="edit" />
                      </button>
                      <button type="button" class="btn quiet only" aria-label={`remove ${name(p)}`} title="remove" onClick={() => remove(p)}>
                        <Icon name="trash" />
                      </button>
                    </>
                  )
                }
              />
              {editing && <span class="panel-corner" aria-hidden="true" title="drag for another size" onPointerDown={onResize(p)} />}
            </div>
          );
        })}
      </div>
      <p class="hidden" role="status">
        {said.value}
      </p>
      {chosen && editing && <PanelDialog panel={chosen} board={board} onClose={() => (settings.value = null)} onChange={(c) => edit.arrange((list) => changePanel(list, chosen.id, c))} />}
    </>
  );
}
