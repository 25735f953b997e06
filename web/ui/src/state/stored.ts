import { signal, type Signal } from "@preact/signals";

/** A text that this browser remembers, where it may. */
export function stored(name: string): Signal<string> {
  const key = `foster.${name}`;
  let first = "";
  try {
    first = localStorage.getItem(key) ?? "";
  } catch {
    // Private windows and strict settings have no storage: then it lasts as long as the page.
  }
  const text = signal(first);
  text.subscribe((value) => {
    try {
      if (value === "") localStorage.removeItem(key);
      else localStorage.setItem(key, value);
    } catch {
      // The same.
    }
  });
  return text;
}
