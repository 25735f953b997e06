import { computed, effect, signal } from "@preact/signals";
import type { Theme } from "../chart/palette";

const key = "foster.theme";
const preferred = matchMedia("(prefers-color-scheme: dark)");
const system = signal<Theme>(preferred.matches ? "dark" : "light");
preferred.addEventListener("change", (e) => (system.value = e.matches ? "dark" : "light"));

function stored(): Theme | null {
  try {
    const v = localStorage.getItem(key);
    return v === "dark" || v === "light" ? v : null;
  } catch {
    return null; // storage is forbidden: the choice lasts as long as the page
  }
}

const chosen = signal<Theme | null>(stored());

export const theme = computed<Theme>(() => chosen.value ?? system.value);

/** Switches the theme and keeps the choice; choosing what the system prefers follows the system again. */
export function toggleTheme(): void {
  const next: Theme = theme.peek() === "dark" ? "light" : "dark";
  chosen.value = next === system.peek() ? null : next;
  try {
    if (chosen.value) localStorage.setItem(key, chosen.value);
    else localStorage.removeItem(key);
  } catch {
    // as in stored()
  }
}

effect(() => {
  document.documentElement.dataset["theme"] = theme.value;
});
