import type { ComponentChildren, JSX } from "preact";

/** Why what was asked for did not happen, said at once; nothing while there is no error. */
export function FormError({ children }: { children: ComponentChildren }): JSX.Element | null {
  if (!children) return null;
  return (
    <p class="form-error" role="alert">
      {children}
    </p>
  );
}
