import type { JSX, TargetedKeyboardEvent } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";
import { Button } from "../../components/Button";
import { functions, placeAt, proposals, type Place } from "./completion";
import { fetchNames } from "./data";

const pause = 120; // ms after a key until names are looked up

interface Open {
  place: Place;
  names: readonly string[];
  chosen: number;
}

/** A line of PromQL with proposals for metrics, functions, labels and values: arrows choose, Tab or Enter takes, Enter asks. */
export function PromqlField({ value, onRun }: { value: string; onRun: (query: string) => void }): JSX.Element {
  const id = useId();
  const text = useSignal(value);
  const open = useSignal<Open | null>(null);
  const input = useRef<HTMLTextAreaElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const abort = useRef(new AbortController());
  useEffect(() => {
    text.value = value;
  }, [text, value]);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      abort.current.abort();
    },
    [],
  );

  const lookUp = async () => {
    abort.current.abort();
    const { signal } = (abort.current = new AbortController());
    const place = placeAt(text.peek(), input.current?.selectionStart ?? 0);
    if (place.kind === "metric" && place.word === "") return void (open.value = null);
    try {
      const names =
        place.kind === "metric"
          ? [...(await fetchNames("metrics", "", signal)), ...functions]
          : place.kind === "label"
            ? await fetchNames("labels", place.metric, signal)
            : await fetchNames({ label: place.label }, place.metric, signal);
      if (signal.aborted) return;
      const list = proposals(place.word, names);
      open.value = list.length > 0 ? { place, names: list, chosen: 0 } : null;
    } catch {
      if (!signal.aborted) open.value = null; // proposals are a help, not more
    }
  };
  const later = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => void lookUp(), pause);
  };
  const close = () => {
    clearTimeout(timer.current);
    abort.current.abort();
    open.value = null;
  };
  const take = (name: string) => {
    const { place } = open.peek()!;
    const end = place.from + place.word.length;
    const next = text.peek().slice(0, place.from) + name + text.peek().slice(end);
    const at = place.from + name.length;
    // At once, not with the next rendering: what is typed meanwhile goes behind the name.
    const field = input.current!;
    field.value = next;
    field.setSelectionRange(at, at);
    field.focus();
    text.value = next;
    close();
  };
  const run = () => {
    close();
    onRun(text.peek());
  };
  const onKey = (e: TargetedKeyboardEvent<HTMLTextAreaElement>) => {
    const o = open.peek();
    if (o && (e.key === "ArrowDown" || e.key === "ArrowUp")) {
      open.value = { ...o, chosen: (o.chosen + (e.key === "ArrowDown" ? 1 : -1) + o.names.length) % o.names.length };
    } else if (o && e.key === "Tab") take(o.names[o.chosen]!);
    else if (o && e.key === "Enter" && !e.shiftKey && o.chosen > 0) take(o.names[o.chosen]!);
    else if (e.key === "Enter" && !e.shiftKey) run();
    else if (o && e.key === "Escape") close();
    else return;
    e.preventDefault();
  };
  const o = open.value;
  return (
    <div class="field promql-field">
      <label for={id}>PromQL</label>
      <div class="promql-line">
        <textarea
          id={id}
          ref={input}
          rows={Math.min(6, text.value.split("\n").length)}
          spellcheck={false}
          autocomplete="off"
          placeholder="sum by (host) (system_load)"
          value={text.value}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={o ? `${id}-${o.chosen}` : undefined}
          onInput={(e) => {
            text.value = e.currentTarget.value;
            later();
          }}
          onKeyDown={onKey}
          onBlur={close}
        />
        <Button kind="primary" onClick={run}>
          Run
        </Button>
      </div>
      <ul id={`${id}-list`} class="completions" role="listbox" aria-label="proposals" hidden={o === null}>
        {o?.names.map((name, i) => (
          <li key={name} id={`${id}-${i}`} role="option" aria-selected={i === o.chosen} onMouseDown={(e) => (e.preventDefault(), take(name))}>
            {name}
            <small>{o.place.kind === "metric" && functions.includes(name) ? "function" : o.place.kind}</small>
          </li>
        ))}
      </ul>
    </div>
  );
}
