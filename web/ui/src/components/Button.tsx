import type { ButtonHTMLAttributes, ComponentChildren, JSX } from "preact";
import { Icon, type IconName } from "./icons";

interface Props extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "icon" | "size"> {
  /** What it is for: one primary button a view, the rest plain; quiet ones have no border, danger is for what cannot be undone. */
  kind?: "primary" | "plain" | "quiet" | "danger";
  icon?: IconName | undefined;
  children?: ComponentChildren;
}

/** A button. One that shows only an icon needs an aria-label, which is its tooltip too. */
export function Button({ kind = "plain", icon, children, class: extra, title, ...rest }: Props): JSX.Element {
  const only = children === undefined;
  return (
    <button type="button" class={`btn ${kind}${only ? " only" : ""}${extra ? ` ${String(extra)}` : ""}`} title={title ?? (only ? rest["aria-label"] : undefined)} {...rest}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}
