import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import { refusal, token } from "../state/manage";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { Input } from "./Field";
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
  return (
    <Dialog
      title={r.wantsToken ? "The management token is needed" : "You may not do this from here"}
      open
      onClose={give}
      actions={
        r.wantsToken ? (
          <>
            <Button onClick={give}>Cancel</Button>
            <Button kind="primary" icon="key" onClick={again}>
              Use the token
            </Button>
          </>
        ) : (
          <>
            <Button onClick={give}>Close</Button>
            <Button kind="primary" icon="refresh" onClick={() => r.answer(true)}>
              Try again
            </Button>
          </>
        )
      }
    >
      <FormError>{r.message}</FormError>
      {r.wantsToken ? (
        <form
          class="form"
          onSubmit={(e) => {
            e.preventDefault();
            again();
          }}
        >
          <Input label="Management token" type="password" autofocus value={typed.value} onValue={(v) => (typed.value = v)} hint="The first line of netdata.api.key in foster's data directory. It is remembered in this browser only, and sent to this foster only." />
          <button type="submit" hidden />
        </form>
      ) : (
        <p>
          foster takes such changes from certain addresses only, its own machine unless <code>[web] allow management from</code> in <code>foster.conf</code> says otherwise. A token does not help against that.
        </p>
      )}
    </Dialog>
  );
}
