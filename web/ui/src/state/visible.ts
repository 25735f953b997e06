import { signal } from "@preact/signals";

/** Whether anyone can see the page. Hidden tabs ask nothing, draw nothing and hold no connection: browsers allow only six to a server. */
export const pageVisible = signal(document.visibilityState !== "hidden");

document.addEventListener("visibilitychange", () => (pageVisible.value = document.visibilityState !== "hidden"));
