import type { ComponentChildren, JSX, TargetedKeyboardEvent } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Icon, type IconName } from "./icons";

export interface MenuItem {
  label: string;
  icon?: IconName;
  /** Set for items of which one is chosen. */
  checked?: boolean;
  danger?: boolean;
  disabled?: boolean;
  onSelect: () => void;
}

/** A button that opens a list of commands. Arrow keys, Home, End and Escape work in it; it closes when the focus leaves. */
export function Menu({ label, items, children, icon, align = "right" }: { label: string; items: readonly MenuItem[]; children?: ComponentChildren; icon?: IconName; align?: "left" | "right" }): JSX.Element {
  const [open, setOpen] = useState(false);
  const id = useId();
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const entries = () => [...(root.current?.querySelectorAll<HTMLButtonElement>("[role^=menuitem]:not(:disabled)") ?? [])];
  useEffect(() => {
    if (!open) return;
    entries()[0]?.focus();
    const away = (e: PointerEvent) => {
      if (!root.current?.contains(e.target as Node)) setOpen(false);
    };
    addEventListener("pointerdown", away);
    return () => removeEventListener("pointerdown", away);
  }, [open]);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const onKey = (e: TargetedKeyboardEvent<HTMLDivElement>) => {
    if (!open) return;
    const all = entries();
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[e.key];
    if (to !== undefined) all.at(to % all.length)?.focus();
    else if (e.key === "Escape") close();
    else return;
    e.preventDefault();
  };
  return (
    <div class="popup" ref={root} onKeyDown={onKey} onFocusOut={(e) => e.relatedTarget && !root.current?.contains(e.relatedTarget as Node) && setOpen(false)}>
      <button type="button" ref={button} class={`btn plain${children === undefined ? " only" : ""}`} aria-haspopup="menu" aria-expanded={open} aria-controls={open ? id : undefined} aria-label={children === undefined ? label : undefined} title={label} onClick={() => setOpen(!open)}>
        {icon && <Icon name={icon} />}
        {children}
        {children !== undefined && <Icon name="chevron" />}
      </button>
      {open && (
        <div class={`popup-list ${align}`} role="menu" id={id} aria-label={label}>
          {items.map((item) => (
            <button
              key={item.label}
              type="button"
              role={item.checked === undefined ? "menuitem" : "menuitemradio"}
              aria-checked={item.checked}
              class={item.danger ? "danger" : ""}
              disabled={item.disabled}
              tabIndex={-1}
              onClick={() => {
                close();
                item.onSelect();
              }}
            >
              <span class="popup-mark">{item.checked ? <Icon name="check" /> : item.icon ? <Icon name={item.icon} /> : null}</span>
              {item.label}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
