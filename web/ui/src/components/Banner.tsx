import type { ComponentChildren, JSX } from "preact";
import { Icon } from "./icons";

/** A line across the page about something that is wrong now and goes away by itself. */
export function Banner({ tone, children }: { tone: "warning" | "note"; children: ComponentChildren }): JSX.Element {
  return (
    <div class={`banner ${tone}`} role="status">
      <Icon name="warning" />
      <div>{children}</div>
    </div>
  );
}
