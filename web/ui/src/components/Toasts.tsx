import type { JSX } from "preact";
import { dismiss, toasts } from "../state/toasts";
import { Button } from "./Button";
import { Status } from "./Status";

/** The messages of state/toasts.ts, in a corner. Screen readers say them when they come. */
export function Toasts(): JSX.Element {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((t) => (
        <div key={t.id} class="toast">
          <Status tone={t.tone}>{t.text}</Status>
          <Button kind="quiet" icon="close" aria-label="dismiss" onClick={() => dismiss(t.id)} />
        </div>
      ))}
    </div>
  );
}
