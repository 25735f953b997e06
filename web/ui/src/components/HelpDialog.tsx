import type { JSX } from "preact";
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "./icons";

export const helpOpen = signal(false);

const everywhere: [string[], string][] = [
  [["/"], "search"],
  [["t"], "light or dark"],
  [["?"], "this help"],
];

const host: [string[], string][] = [
  [["space"], "pause, play"],
  [["1", "…", "6"], "last 1 min, 5 min, 15 min, 1 h, 6 h, 24 h"],
  [["←", "→"], "earlier, later"],
  [["+", "−"], "zoom in, zoom out"],
  [["esc"], "back to live"],
  [["j", "k"], "next, previous section"],
  [["u"], "all hosts"],
];

const mouse: [string[], string][] = [
  [["drag"], "show this stretch of time on all charts"],
  [["double click"], "back to live"],
  [["ctrl", "wheel"], "zoom around the pointer"],
  [["click a name"], "dimension off, on"],
  [["shift", "click a name"], "this dimension alone"],
];

function Keys({ title, rows }: { title: string; rows: [string[], string][] }): JSX.Element {
  return (
    <section>
      <h3>{title}</h3>
      <dl>
        {rows.map(([keys, what]) => (
          <div key={what}>
            <dt>
              {keys.map((k) => (
                <kbd key={k}>{k}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

export function HelpDialog(): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = helpOpen.value;
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  return (
    <dialog
      ref={dialog}
      class="help"
      aria-labelledby="help-title"
      onClose={() => (helpOpen.value = false)}
      onClick={(e) => {
        if (e.target === e.currentTarget) helpOpen.value = false; // outside of its box
      }}
    >
      <div class="help-box">
        <header>
          <h2 id="help-title">Keyboard and mouse</h2>
          <button type="button" class="ghost" aria-label="close" onClick={() => (helpOpen.value = false)}>
            <Icon name="close" />
          </button>
        </header>
        <div class="help-columns">
          <div>
            <Keys title="Every page" rows={everywhere} />
            <Keys title="On charts" rows={mouse} />
          </div>
          <Keys title="Host page" rows={host} />
        </div>
      </div>
    </dialog>
  );
}
