import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import { refusal, token } from "../state/manage";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { Input } from "./Field";
import { FormDialog } from "./FormDialog";
import { FormError } from "./FormError";

/** Says why a change was refused, and asks for the management token where that helps. */
export function TokenDialog(): JSX.Element {
  const r = refusal.value;
  return <>{r && <Form key={r.message} />}</>;
}

function Form(): JSX.Element {
  const r = refusal.value!;
  const typed = useSignal("");
  const again = () => {
    if (typed.peek().trim() === "") return;
    token.value = typed.peek().trim();
    r.answer(true);
  };
  const give = () => r.answer(false);
  if (r.wantsToken) {
    return (
      <FormDialog title="The management token is needed" submit="Use the token" icon="key" onSubmit={again} onClose={give}>
        <FormError>{r.message}</FormError>
        <Input label="Management token" type="password" autofocus value={typed.value} onValue={(v) => (typed.value = v)} hint="The first line of netdata.api.key in foster's data directory. It is remembered in this browser only, and sent to this foster only." />
      </FormDialog>
    );
  }
  return (
    <Dialog
      title="You may not do this from here"
      open
      onClose={give}
      actions={
        <>
          <Button onClick={give}>Close</Button>
          <Button kind="primary" icon="refresh" onClick={() => r.answer(true)}>
            Try again
          </Button>
        </>
      }
    >
      <FormError>{r.message}</FormError>
      <p>
        foster takes such changes from certain addresses only, its own machine unless <code>[web] allow management from</code> in <code>foster.conf</code> says otherwise. A token does not help against that.
      </p>
    </Dialog>
  );
}
