import { useEffect } from "preact/hooks";

const fields = "input, textarea, select, [contenteditable]";

/**
 * Single keys as commands while the calling component is mounted. Keys typed into a field, and keys with a modifier, are the
 * browser's. A command that answers false leaves its key to others.
 */
export function useKeys(keys: Record<string, (e: KeyboardEvent) => unknown>): void {
  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey) return;
      const command = keys[e.key];
      const target = e.target as HTMLElement;
      // While a dialog is open keys are its own, wherever the focus is: Escape closes it.
      if (!command || document.querySelector("dialog[open]")) return;
      if (target.closest(fields)) return;
      if (e.key === " " && target.closest("button, a, summary")) {
        // The space bar belongs to what the keyboard has focused; a button that was merely clicked before is let go.
        if (target.matches(":focus-visible")) return;
        target.blur();
      }
      if (command(e) !== false) e.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });
}
