import type { ComponentChildren, JSX } from "preact";

export type StatusTone = "ok" | "note" | "warning" | "critical" | "off";

/** A word about how something is, with a mark whose shape differs too: colour alone says nothing to some. */
export function Status({ tone, children, title }: { tone: StatusTone; children: ComponentChildren; title?: string | undefined }): JSX.Element {
  return (
    <span class={`status ${tone}`} title={title}>
      <svg viewBox="0 0 10 10" width="10" height="10" aria-hidden="true" focusable="false">
        {tone === "critical" ? <path d="M5 .5 9.5 5 5 9.5.5 5Z" /> : tone === "warning" ? <path d="M5 .8 9.6 9.200H.4Z" /> : <circle cx="5" cy="5" r={tone === "off" ? 3.2 : 4} />}
      </svg>
      {children}
    </span>
  );
}

/** A small word on a tint: a label, a capability, a kind. */
export function Tag({ children, tone = "plain", title }: { children: ComponentChildren; tone?: StatusTone | "plain"; title?: string }): JSX.Element {
  return (
    <span class={`tag ${tone}`} title={title}>
      {children}
    </span>
  );
}
