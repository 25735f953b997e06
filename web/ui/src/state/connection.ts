import { signal } from "@preact/signals";

/**
 * Whether foster answers. Every page asks in its own pace; whichever finds out first tells the others and the shell, which
 * says it once for all of them.
 */
export const reachable = signal(true);

/** When foster was last heard of, by performance.now(). */
let heard = 0;

/** Notes the end of a request; `status` is 0 when there was no answer at all. */
export function noteAnswer(status: number): void {
  if (status !== 0) {
    heard = performance.now();
    reachable.value = true;
    return;
  }
  // One request may be lost on the way while others are answered.
  if (performance.now() - heard > 1500) reachable.value = false;
}
