import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { messageOf } from "../../api/client";
import { fetchDashboards, mostPanels } from "../../api/dashboards";
import { formatDuration } from "../../chart/format";
import { Button } from "../../components/Button";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { Input, Select } from "../../components/Field";
import { Icon } from "../../components/icons";
import type { BoardSession } from "../../state/board";
import type { BoardEdit } from "../../state/boardedit";
import { presets, spanOf } from "../../state/range";
import { toast } from "../../state/toasts";

interface Props {
  edit: BoardEdit;
  board: BoardSession;
  onAdd: () => void;
  onConflict: (why: "conflict" | "gone") => void;
}

/** The name of a dashboard that is being changed, and the end of the change. It stays at the top. */
export function EditBar({ edit, board, onAdd, onConflict }: Props): JSX.Element {
  const leaving = useSignal(false);
  const busy = useSignal(false);
  const refused = useSignal("");
  useEffect(() => {
    const abort = new AbortController();
    fetchDashboards(abort.signal).then(
      (list) => (refused.value = list.refused),
      () => undefined, // saving will tell
    );
    return () => abort.abort();
  }, [refused]);
  const { name, description, last, panels } = edit.content.value!;
  const dirty = edit.dirty.value;
  const cancel = () => {
    if (edit.dirty.peek()) leaving.value = true;
    else edit.cancel();
  };
  const save = async () => {
    busy.value = true;
    try {
      const end = await edit.save();
      if (end === "saved") toast("Saved.");
      else if (end !== "refused") onConflict(end);
    } catch (err) {
      toast(`Not saved: ${messageOf(err)}`, "critical");
    }
    busy.value = false;
  };
  const spans = [...new Set([...presets.map((p) => p.span), last, Math.round(spanOf(board.range.value))])].sort((a, b) => a - b);
  return (
    <div class="board-edit card" role="group" aria-label="change the dashboard">
      <Input label="Name" value={name} maxLength={100} onValue={(v) => edit.change({ name: v })} error={name.trim() === "" ? "It needs a name." : null} />
      <Input label="Description" value={description} maxLength={1000} onValue={(v) => edit.change({ description: v })} />
      <Select label="Opens with" value={String(last)} choices={spans.map((s) => ({ value: String(s), label: `last ${formatDuration(s)}` }))} onValue={(v) => edit.change({ last: Number(v) })} />
      <div class="board-actions">
        <Button icon="plus" disabled={panels.length >= mostPanels} title={panels.length >= mostPanels ? `a dashboard has at most ${mostPanels} charts` : undefined} onClick={onAdd}>
          Add charts
        </Button>
        <Button onClick={cancel}>{dirty ? "Discard" : "Done"}</Button>
        <Button kind="primary" icon="check" disabled={!dirty || busy.value || name.trim() === ""} onClick={() => void save()}>
          Save
        </Button>
      </div>
      {refused.value !== "" && (
        <p class="board-refused">
          <Icon name="warning" /> You can try things here, and not save them: {refused.value}
        </p>
      )}
      <ConfirmDialog
        title="Discard what you changed?"
        open={leaving.value}
        keep="Keep on"
        act="Discard"
        danger
        onClose={() => (leaving.value = false)}
        onAct={() => {
          leaving.value = false;
          edit.cancel();
        }}
      >
        <p>The dashboard becomes again what was saved last.</p>
      </ConfirmDialog>
    </div>
  );
}
