import type { JSX, TargetedKeyboardEvent } from "preact";
import { useRef } from "preact/hooks";

interface Props<T extends string> {
  label: string;
  tabs: readonly { id: T; label: string; count?: number }[];
  selected: T;
  onSelect: (id: T) => void;
  /** Id of the element that the tabs change. */
  controls: string;
}

/** Tabs above one panel. The arrow keys move between them, as the ARIA practices have it. */
export function Tabs<T extends string>({ label, tabs, selected, onSelect, controls }: Props<T>): JSX.Element {
  const list = useRef<HTMLDivElement>(null);
  const move = (e: TargetedKeyboardEvent<HTMLDivElement>) => {
    const at = tabs.findIndex((t) => t.id === selected);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[e.key];
    if (to === undefined) return;
    e.preventDefault();
    const next = (to + tabs.length) % tabs.length;
    onSelect(tabs[next]!.id);
    list.current?.querySelectorAll<HTMLButtonElement>("[role=tab]")[next]?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label={label} ref={list} onKeyDown={move}>
      {tabs.map((t) => (
        <button key={t.id} type="button" role="tab" aria-selected={t.id === selected} aria-controls={controls} tabIndex={t.id === selected ? 0 : -1} onClick={() => onSelect(t.id)}>
          {t.label}
          {t.count !== undefined && <span class="count">{t.count}</span>}
        </button>
      ))}
    </div>
  );
}
