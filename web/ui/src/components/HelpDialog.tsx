import type { JSX } from "preact";
import { signal } from "@preact/signals";
import { Dialog } from "./Dialog";

export const helpOpen = signal(false);

type Keys = readonly (readonly [keys: readonly string[], what: string])[];

const everywhere: Keys = [
  [["/"], "search; esc leaves it"],
  [["g", "f"], "fleet"],
  [["g", "a"], "alerts"],
  [["g", "e"], "explore"],
  [["g", "d"], "dashboards"],
  [["g", "s"], "streaming"],
  [["t"], "light or dark"],
  [["?"], "this help"],
];

const lists: Keys = [
  [["↓", "↑"], "next, previous host; so do j and k"],
  [["enter"], "open it, or the only one that the search finds"],
  [["v"], "table or tiles"],
];

const alerts: Keys = [
  [["j", "k"], "next, previous alert"],
  [["x"], "select"],
  [["m"], "silence what is selected"],
  [["esc"], "close the details"],
  [["1", "…", "5"], "history: last 1 h, 6 h, 24 h, 7 d, 30 d"],
];

const host: Keys = [
  [["space"], "pause, play"],
  [["1", "…", "6"], "last 1 min, 5 min, 15 min, 1 h, 6 h, 24 h"],
  [["←", "→"], "earlier, later"],
  [["+", "−"], "zoom in, zoom out"],
  [["shift", "←", "→"], "the values earlier, later"],
  [["esc"], "leave full screen; back to live"],
  [["j", "k"], "next, previous section"],
  [["u"], "all hosts"],
];

const board: Keys = [
  [["e"], "edit"],
  [["←", "→"], "on the handle of a chart: earlier, later on the page"],
  [["shift", "←", "→"], "on the handle: narrower, wider"],
  [["shift", "↑", "↓"], "on the handle: lower, taller"],
];

const mouse: Keys = [
  [["drag"], "show this stretch of time on all charts"],
  [["double click"], "back to live"],
  [["shift", "drag"], "move in time; so does the wheel with shift"],
  [["ctrl", "wheel"], "zoom around the pointer"],
  [["click a name"], "dimension off, on"],
  [["shift", "click a name"], "this dimension alone; so does a double click"],
];

function List({ title, rows }: { title: string; rows: Keys }): JSX.Element {
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
  return (
    <Dialog title="Keyboard and mouse" open={helpOpen.value} onClose={() => (helpOpen.value = false)} wide>
      <div class="help">
        <div>
          <List title="Every page" rows={everywhere} />
          <List title="Fleet" rows={lists} />
          <List title="Alerts" rows={alerts} />
        </div>
        <div>
          <List title="Host page" rows={host} />
          <List title="On charts" rows={mouse} />
          <List title="Dashboard" rows={board} />
        </div>
      </div>
    </Dialog>
  );
}
