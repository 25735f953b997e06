import type { JSX } from "preact";
import type { Signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { Icon } from "./icons";
import { useKeys } from "./keys";

interface Props {
  query: Signal<string>;
  label: string;
  /** Enter and the down arrow lead to what is found. */
  onEnter?: () => void;
  onDown?: () => void;
}

/** A search field that `/` focuses and Escape empties and leaves. */
export function SearchField({ query, label, onEnter, onDown }: Props): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  useKeys({ "/": () => input.current?.focus() });
  return (
    <label class="search">
      <Icon name="search" />
      <input
        ref={input}
        type="search"
        placeholder={label}
        aria-label={label}
        autocomplete="off"
        spellcheck={false}
        value={query.value}
        onInput={(e) => (query.value = e.currentTarget.value)}
        onKeyDown={(e) => {
          const leave = () => {
            e.currentTarget.blur();
            query.value = "";
          };
          const command = { Escape: leave, Enter: onEnter, ArrowDown: onDown }[e.key];
          if (!command || e.isComposing) return;
          e.preventDefault();
          command();
        }}
      />
      <kbd aria-hidden="true">/</kbd>
    </label>
  );
}
