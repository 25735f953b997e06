import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import { messageOf } from "../../api/client";
import { createDashboard, dashboardHref } from "../../api/dashboards";
import { Input } from "../../components/Field";
import { FormDialog } from "../../components/FormDialog";
import { managed } from "../../state/manage";
import { navigate } from "../../state/router";

/** Makes a dashboard and goes there to fill it. */
export function NewDialog({ onClose }: { onClose: () => void }): JSX.Element {
  const name = useSignal("");
  const description = useSignal("");
  const error = useSignal<string | null>(null);
  const busy = useSignal(false);
  const submit = async () => {
    if (name.peek().trim() === "") {
      error.value = "Give it a name.";
      return;
    }
    busy.value = true;
    error.value = null;
    try {
      const made = await managed((token) => createDashboard({ name: name.peek(), description: description.peek() }, token));
      if (made) return navigate(`${dashboardHref(made.id)}?edit=1`);
    } catch (err) {
      error.value = messageOf(err);
    }
    busy.value = false;
  };
  return (
    <FormDialog title="New dashboard" submit="Create" disabled={busy.value} onSubmit={() => void submit()} onClose={onClose}>
      <Input label="Name" value={name.value} maxLength={100} onValue={(v) => (name.value = v)} error={error.value} />
      <Input label="Description" value={description.value} maxLength={1000} onValue={(v) => (description.value = v)} hint="What it is for, if the name does not say it" />
    </FormDialog>
  );
}
