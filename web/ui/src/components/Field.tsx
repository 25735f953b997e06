import type { ComponentChildren, JSX, TargetedKeyboardEvent } from "preact";
import { useId } from "preact/hooks";
import { Icon } from "./icons";

interface Labelled {
  label: string;
  /** The label is for screen readers only. */
  quiet?: boolean;
  /** Said below the field. */
  hint?: ComponentChildren;
  /** What is wrong with the value, in place of the hint. */
  error?: string | null;
}

interface InputProps extends Labelled {
  value: string;
  onValue: (value: string) => void;
  type?: "text" | "search" | "number" | "datetime-local" | "password";
  placeholder?: string;
  maxLength?: number;
  disabled?: boolean;
  /** The focus begins here when its dialog opens. */
  autofocus?: boolean;
  /** Id of a datalist with proposals. */
  list?: string;
  onKeyDown?: (e: TargetedKeyboardEvent<HTMLInputElement>) => void;
}

/** A line of text with its label, hint and error. */
export function Input({ label, quiet = false, hint, error, value, onValue, type = "text", ...rest }: InputProps): JSX.Element {
  const id = useId();
  const note = error ?? hint;
  return (
    <div class="field">
      <label for={id} class={quiet ? "hidden" : ""}>
        {label}
      </label>
      <input id={id} type={type as "text"} autocomplete="off" spellcheck={false} value={value} onInput={(e) => onValue(e.currentTarget.value)} aria-invalid={error ? true : undefined} aria-describedby={note ? `${id}-note` : undefined} {...rest} />
      {note && (
        <p id={`${id}-note`} class={error ? "error" : "hint"}>
          {note}
        </p>
      )}
    </div>
  );
}

export interface Choice<T extends string> {
  value: T;
  label: string;
}

type SelectProps<T extends string> = Labelled & { value: T; choices: readonly Choice<T>[]; onValue: (value: T) => void; disabled?: boolean };

/** A choice of one among several, as the browser draws it: phones and keyboards know how to use it. */
export function Select<T extends string>({ label, quiet = false, hint, value, choices, onValue, disabled }: SelectProps<T>): JSX.Element {
  const id = useId();
  return (
    <div class="field">
      <label for={id} class={quiet ? "hidden" : ""}>
        {label}
      </label>
      <span class="select">
        <select id={id} value={value} disabled={disabled} onChange={(e) => onValue(e.currentTarget.value as T)}>
          {choices.map((c) => (
            <option key={c.value} value={c.value} selected={c.value === value}>
              {c.label}
            </option>
          ))}
        </select>
        <Icon name="chevron" />
      </span>
      {hint && <p class="hint">{hint}</p>}
    </div>
  );
}
