import { signal } from "@preact/signals";

export type Tone = "ok" | "note" | "warning" | "critical";

export interface Toast {
  id: number;
  tone: Tone;
  text: string;
}

/** The messages on the screen, the newest last. */
export const toasts = signal<readonly Toast[]>([]);

const most = 4;
const shown = 5000; // ms; what is wrong stays until it is dismissed
let last = 0;

/** Says something that needs no answer: that a thing was saved, copied, or could not be. */
export function toast(text: string, tone: Tone = "ok"): void {
  const id = ++last;
  toasts.value = [...toasts.peek(), { id, tone, text }].slice(-most);
  if (tone === "ok" || tone === "note") setTimeout(() => dismiss(id), shown);
}

export function dismiss(id: number): void {
  toasts.value = toasts.peek().filter((t) => t.id !== id);
}
