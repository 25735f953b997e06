import type { JSX } from "preact";
import type { Signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { Icon } from "./icons";
import { useKeys } from "./keys";

/** A search field that `/` focuses and Escape empties, then leaves. */
export function SearchField({ query, label }: { query: Signal<string>; label: string }): JSX.Element {
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
          if (e.key !== "Escape") return;
          e.preventDefault();
          if (query.peek() === "") e.currentTarget.blur();
          query.value = "";
        }}
      />
      <kbd aria-hidden="true">/</kbd>
    </label>
  );
}
