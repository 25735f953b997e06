import type { JSX } from "preact";
import { useSignal, type Signal } from "@preact/signals";
import { messageOf } from "../../api/client";
import { createDashboard, dashboardHref } from "../../api/dashboards";
import { formatDateTime } from "../../chart/format";
import { Button } from "../../components/Button";
import { Dialog } from "../../components/Dialog";
import { FormError } from "../../components/FormError";
import type { BoardEdit } from "../../state/boardedit";
import { managed } from "../../state/manage";
import { copyName } from "../../state/panels";
import { navigate } from "../../state/router";
import { toast } from "../../state/toasts";

/** Asks what shall become of a change when somebody else changed or deleted the dashboard meanwhile. */
export function ConflictDialog({ edit, why }: { edit: BoardEdit; why: Signal<"conflict" | "gone" | null> }): JSX.Element {
  const error = useSignal<string | null>(null);
  const busy = useSignal(false);
  const gone = why.value === "gone";
  const close = () => {
    why.value = null;
    error.value = null;
  };
  const attempt = (act: () => Promise<void>) => async () => {
    busy.value = true;
    error.value = null;
    try {
      await act();
    } catch (err) {
      error.value = messageOf(err);
    }
    busy.value = false;
  };
  const overwrite = attempt(async () => {
    const end = await edit.save(true);
    if (end === "saved") {
      toast("Saved.");
      close();
    } else if (end !== "refused") why.value = end;
  });
  const keepBoth = attempt(async () => {
    const content = edit.content.peek()!;
    const made = await managed((token) => createDashboard({ ...content, name: gone ? content.name : copyName(content.name) }, token));
    if (!made) return;
    close();
    edit.cancel();
    toast(`Saved as “${made.name}”.`);
    navigate(dashboardHref(made.id));
  });
  const takeTheirs = () => {
    close();
    edit.cancel();
  };
  const theirs = edit.saved.value;
  return (
    <Dialog
      title={gone ? "The dashboard was deleted" : "Somebody else saved this dashboard"}
      open={why.value !== null}
      onClose={close}
      actions={
        <>
          <Button disabled={busy.value} onClick={takeTheirs}>
            {gone ? "Discard mine" : "Take theirs"}
          </Button>
          {!gone && (
            <Button disabled={busy.value} onClick={() => void overwrite()}>
              Overwrite theirs
            </Button>
          )}
          <Button kind="primary" disabled={busy.value} onClick={() => void keepBoth()}>
            {gone ? "Save as a new one" : "Save mine as a copy"}
          </Button>
        </>
      }
    >
      {gone ? (
        <p>It was deleted while you changed it. What you have can be saved as a new dashboard.</p>
      ) : (
        theirs && (
          <p>
            Version {theirs.version}, “{theirs.name}” with {theirs.panels.length} charts, was saved {formatDateTime(theirs.changed)}, after you began. Nothing of yours is lost until you choose.
          </p>
        )
      )}
      <FormError>{error.value}</FormError>
    </Dialog>
  );
}
