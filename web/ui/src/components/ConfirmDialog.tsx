import type { ComponentChildren, JSX } from "preact";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import type { IconName } from "./icons";

interface Props {
  title: string;
  open: boolean;
  /** Said on the button that leaves things as they are, and on the one that does it. */
  keep: string;
  act: string;
  icon?: IconName;
  /** It cannot be undone. */
  danger?: boolean;
  disabled?: boolean;
  onAct: () => void;
  onClose: () => void;
  children: ComponentChildren;
}

/** Asks whether something shall be done. */
export function ConfirmDialog({ title, open, keep, act, icon, danger = false, disabled = false, onAct, onClose, children }: Props): JSX.Element {
  return (
    <Dialog
      title={title}
      open={open}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{keep}</Button>
          <Button kind={danger ? "danger" : "primary"} icon={icon} disabled={disabled} onClick={onAct}>
            {act}
          </Button>
        </>
      }
    >
      {children}
    </Dialog>
  );
}
