import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import { messageOf } from "../../api/client";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { FormError } from "../../components/FormError";

/** Asks whether a dashboard shall be deleted, while there is a name. */
export function DeleteDialog({ name, onClose, onDelete }: { name: string | null; onClose: () => void; onDelete: () => Promise<void> }): JSX.Element {
  const error = useSignal<string | null>(null);
  const busy = useSignal(false);
  const close = () => {
    error.value = null;
    onClose();
  };
  const act = async () => {
    busy.value = true;
    try {
      await onDelete();
      close();
    } catch (err) {
      error.value = messageOf(err);
    }
    busy.value = false;
  };
  return (
    <ConfirmDialog title="Delete this dashboard?" open={name !== null} keep="Cancel" act="Delete" icon="trash" danger disabled={busy.value} onClose={close} onAct={() => void act()}>
      <p>
        <b>{name}</b> goes away for everybody, and cannot be brought back. Its charts stay on the pages of their hosts. Export it first to keep a copy.
      </p>
      <FormError>{error.value}</FormError>
    </ConfirmDialog>
  );
}
