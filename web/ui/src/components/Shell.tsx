import type { ComponentChildren, JSX } from "preact";
import { useRef } from "preact/hooks";
import { reachable } from "../state/connection";
import { navigate, route, type Route } from "../state/router";
import { toggleTheme } from "../state/theme";
import { HelpDialog, helpOpen } from "./HelpDialog";
import { Icon, Mark, type IconName } from "./icons";
import { useKeys } from "./keys";
import { Toasts } from "./Toasts";

interface Place {
  href: string;
  label: string;
  icon: IconName;
  /** Key after `g` that goes there. */
  key: string;
  pages: readonly Route["page"][];
}

const places: readonly Place[] = [
  { href: "/", label: "Fleet", icon: "fleet", key: "f", pages: ["fleet", "host"] },
  { href: "/alerts", label: "Alerts", icon: "bell", key: "a", pages: ["alerts"] },
  { href: "/explore", label: "Explore", icon: "explore", key: "e", pages: ["explore"] },
  { href: "/dashboards", label: "Dashboards", icon: "dashboard", key: "d", pages: ["dashboards", "dashboard"] },
  { href: "/streaming", label: "Streaming", icon: "stream", key: "s", pages: ["streaming"] },
];

const pause = 1500; // ms between the two keys of "g f"

/** What surrounds every page: the places of the application, messages, the help, and that foster does not answer. */
export function Shell({ children }: { children: ComponentChildren }): JSX.Element {
  const pressed = useRef(-Infinity);
  const go = (place: Place) => () => {
    const second = performance.now() - pressed.current < pause;
    pressed.current = -Infinity;
    if (second) navigate(place.href);
    return second;
  };
  useKeys({
    t: toggleTheme,
    "?": () => (helpOpen.value = true),
    g: () => (pressed.current = performance.now()),
    ...Object.fromEntries(places.map((p) => [p.key, go(p)])),
  });
  return (
    <div class="shell">
      <a
        class="skip"
        href="#main"
        onClick={(e) => {
          e.preventDefault();
          const main = document.querySelector("main");
          main?.setAttribute("tabindex", "-1");
          main?.focus();
        }}
      >
        Skip to the content
      </a>
      <Rail />
      <div class="content">
        {!reachable.value && (
          <div class="offline" role="alert">
            <Icon name="warning" />
            <span>foster does not answer. You see what was known before; the page goes on by itself when it is back.</span>
          </div>
        )}
        {children}
      </div>
      <Toasts />
      <HelpDialog />
    </div>
  );
}

function Rail(): JSX.Element {
  const { page } = route.value;
  return (
    <nav class="rail" aria-label="Pages">
      <a class="brand" href="/" aria-label="foster: all hosts">
        <Mark />
      </a>
      {places.map((p) => (
        <a key={p.href} href={p.href} class="place" aria-current={p.pages.includes(page) ? "page" : undefined} title={`${p.label} (g ${p.key})`}>
          <Icon name={p.icon} />
          <span>{p.label}</span>
        </a>
      ))}
    </nav>
  );
}
