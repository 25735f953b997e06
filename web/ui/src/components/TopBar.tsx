import type { ComponentChildren, JSX } from "preact";
import { theme, toggleTheme } from "../state/theme";
import { Button } from "./Button";
import { helpOpen } from "./HelpDialog";

/** The bar at the top of every page: the page's name and its own controls, then what every page has. */
export function TopBar({ title, children }: { title?: string; children?: ComponentChildren }): JSX.Element {
  const other = theme.value === "dark" ? "light" : "dark";
  return (
    <header class="topbar">
      {title !== undefined && <h1>{title}</h1>}
      {children}
      <div class="tools">
        <Button kind="quiet" icon={other === "light" ? "sun" : "moon"} onClick={toggleTheme} aria-label={`use the ${other} theme`} title={`${other} theme (t)`} />
        <Button kind="quiet" icon="help" onClick={() => (helpOpen.value = true)} aria-label="keyboard and mouse" title="keyboard and mouse (?)" />
      </div>
    </header>
  );
}
