import { computed, signal } from "@preact/signals";

export type Route = { page: "fleet" } | { page: "host"; host: string } | { page: "unknown"; path: string };

export function parseRoute(path: string): Route {
  if (path === "/" || path === "/index.html") return { page: "fleet" };
  const host = /^\/host\/([^/]+)\/?$/.exec(path)?.[1];
  if (host === undefined) return { page: "unknown", path };
  try {
    return { page: "host", host: decodeURIComponent(host) };
  } catch {
    return { page: "unknown", path };
  }
}

const path = signal(location.pathname);
addEventListener("popstate", () => (path.value = location.pathname));

export const route = computed(() => parseRoute(path.value));

/** Follows links between the pages of this app without loading it again. */
export function followLinks(root: HTMLElement): void {
  root.addEventListener("click", (e) => {
    if (e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
    const link = (e.target as Element).closest("a");
    if (!link || link.target !== "" || link.hasAttribute("download") || link.origin !== location.origin) return;
    if (link.hash !== "" && link.pathname === location.pathname) return;
    if (parseRoute(link.pathname).page === "unknown") return;
    e.preventDefault();
    history.pushState(null, "", link.href);
    path.value = location.pathname;
    scrollTo(0, 0);
  });
}
