import type { ComponentChildren, JSX } from "preact";
import { Button } from "./Button";
import { Icon, type IconName } from "./icons";

/** What stands where there is nothing to show: why, and what can be done about it. */
export function EmptyState({ title, icon, children, action }: { title: string; icon?: IconName; children?: ComponentChildren; action?: ComponentChildren }): JSX.Element {
  return (
    <div class="state">
      {icon && (
        <span class="state-mark">
          <Icon name={icon} />
        </span>
      )}
      <h2>{title}</h2>
      {children && <div class="state-text">{children}</div>}
      {action}
    </div>
  );
}

/** What stands where something could not be read. The page tries again by itself; `onRetry` does it now. */
export function ErrorState({ title, message, onRetry }: { title: string; message: string; onRetry?: () => void }): JSX.Element {
  return (
    <div class="state error" role="alert">
      <span class="state-mark">
        <Icon name="warning" />
      </span>
      <h2>{title}</h2>
      <p class="state-text">{message}</p>
      {onRetry && (
        <Button icon="refresh" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** Grey lines in the place of what is being read. */
export function Skeleton({ label, rows = 6, height = 44 }: { label: string; rows?: number; height?: number }): JSX.Element {
  return (
    <div class="skeleton" role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, i) => (
        <div key={i} style={{ height: `${height}px` }} />
      ))}
    </div>
  );
}
