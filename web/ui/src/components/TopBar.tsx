import type { ComponentChildren, JSX } from "preact";
import { theme, toggleTheme } from "../state/theme";
import { Icon, Mark } from "./icons";
import { helpOpen } from "./HelpDialog";
import { useKeys } from "./keys";

/** The bar at the top of every page; `children` is the page's own part. */
export function TopBar({ children }: { children?: ComponentChildren }): JSX.Element {
  useKeys({ t: toggleTheme, "?": () => (helpOpen.value = true) });
  const other = theme.value === "dark" ? "light" : "dark";
  return (
    <header class="topbar">
      <a class="brand" href="/" aria-label="foster: all hosts">
        <Mark />
        <span>foster</span>
      </a>
      {children}
      <div class="tools">
        <button type="button" class="ghost" onClick={toggleTheme} aria-label={`use the ${other} theme`} title={`${other} theme (t)`}>
          <Icon name={other === "light" ? "sun" : "moon"} />
        </button>
        <button type="button" class="ghost" onClick={() => (helpOpen.value = true)} aria-label="keyboard and mouse" title="keyboard and mouse (?)">
          <Icon name="help" />
        </button>
      </div>
    </header>
  );
}
