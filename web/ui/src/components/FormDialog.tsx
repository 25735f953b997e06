import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import type { IconName } from "./icons";

interface Props {
  title: string;
  /** Said on the button that submits. */
  submit: string;
  icon?: IconName;
  /** It cannot be submitted now. */
  disabled?: boolean;
  onSubmit: () => void;
  onClose: () => void;
  children: ComponentChildren;
}

/** An open dialog with fields to fill in. Its last button submits them, and so does Enter in one of them. */
export function FormDialog({ title, submit, icon, disabled = false, onSubmit, onClose, children }: Props): JSX.Element {
  const id = useId();
  return (
    <Dialog
      title={title}
      open
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={id} icon={icon} disabled={disabled}>
            {submit}
          </Button>
        </>
      }
    >
      <form
        id={id}
        class="form"
        onSubmit={(e) => {
          e.preventDefault();
          onSubmit();
        }}
      >
        {children}
      </form>
    </Dialog>
  );
}
