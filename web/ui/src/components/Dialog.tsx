import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Button } from "./Button";

interface Props {
  title: string;
  open: boolean;
  onClose: () => void;
  children: ComponentChildren;
  /** The buttons that end the dialog, the most important last. */
  actions?: ComponentChildren;
  wide?: boolean;
}

/** A dialog over the page: the browser keeps the focus inside and gives it back afterwards. Escape and a click outside close it. */
export function Dialog({ title, open, onClose, children, actions, wide = false }: Props): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const d = dialog.current!;
    if (open && !d.open) d.showModal();
    else if (!open && d.open) d.close();
  }, [open]);
  const gone = useRef(false);
  useEffect(
    () => () => {
      // Only a dialog that is closed gives the focus back.
      gone.current = true;
      dialog.current?.close();
    },
    [],
  );
  return (
    <dialog
      ref={dialog}
      class={wide ? "dialog wide" : "dialog"}
      aria-labelledby={id}
      onClose={() => gone.current || onClose()}
      onClick={(e) => {
        if (e.target === e.currentTarget) onClose(); // outside of its box
      }}
    >
      {open && (
        <div class="dialog-box">
          <header>
            <h2 id={id}>{title}</h2>
            <Button kind="quiet" icon="close" aria-label="close" onClick={onClose} />
          </header>
          <div class="dialog-body">{children}</div>
          {actions && <footer>{actions}</footer>}
        </div>
      )}
    </dialog>
  );
}
