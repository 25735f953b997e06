import { computed, signal } from "@preact/signals";

/**
 * The places of the application. The server answers the same paths with the page (places in web/web.go), so that each of
 * them can be bookmarked, shared and loaded again.
 */
export type Route =
  | { page: "fleet" }
  | { page: "alerts"; host: string }
  | { page: "explore" }
  | { page: "streaming" }
  | { page: "dashboards" }
  | { page: "dashboard"; id: string }
  | { page: "host"; host: string }
  | { page: "unknown"; path: string };

const places: Record<string, Route> = {
  "": { page: "fleet" },
  "index.html": { page: "fleet" },
  alerts: { page: "alerts", host: "" },
  explore: { page: "explore" },
  streaming: { page: "streaming" },
  dashboards: { page: "dashboards" },
};

export function parseRoute(path: string): Route {
  const unknown: Route = { page: "unknown", path };
  const segments = path.split("/").filter((s) => s !== "");
  const place = places[segments[0] ?? ""];
  if (segments.length < 2 && place) return place;
  if (segments.length < 2 || segments.length > 3) return unknown;
  try {
    const name = decodeURIComponent(segments[1]!);
    if (segments[0] === "dashboards" && segments.length === 2) return { page: "dashboard", id: name };
    if (segments[0] === "host" && segments.length === 2) return { page: "host", host: name };
    if (segments[0] === "host" && segments[2] === "alerts") return { page: "alerts", host: name };
  } catch {
    // What cannot be decoded leads nowhere.
  }
  return unknown;
}

const address = signal({ path: location.pathname, search: location.search });
const read = () => (address.value = { path: location.pathname, search: location.search });
addEventListener("popstate", read);

const path = computed(() => address.value.path);
export const route = computed(() => parseRoute(path.value));

const search = computed(() => address.value.search);
/** The parameters of the address. What a page shows is kept there, so that a link gives the same view. */
export const parameters = computed<URLSearchParams>(() => new URLSearchParams(search.value));

/** Goes to another place of the application, as a link would; with `replace` the back button does not return to this one. */
export function navigate(href: string, replace = false): void {
  if (replace) history.replaceState(null, "", href);
  else history.pushState(null, "", href);
  read();
  scrollTo(0, 0);
}

/**
 * Changes parameters of the address; null and "" remove one. The change replaces the entry of the history, unless `push`
 * says that the back button shall undo it.
 */
export function setParameters(changes: Record<string, string | null>, push = false): void {
  const next = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === "") next.delete(name);
    else next.set(name, value);
  }
  const text = next.toString();
  const href = location.pathname + (text === "" ? "" : `?${text}`) + location.hash;
  if (href === location.pathname + location.search + location.hash) return;
  if (push) history.pushState(null, "", href);
  else history.replaceState(null, "", href);
  read();
}

/** Whether a click on a link goes there, rather than opening another tab or window. */
export function isPlainClick(e: MouseEvent): boolean {
  return e.button === 0 && !e.metaKey && !e.ctrlKey && !e.shiftKey && !e.altKey;
}

/** Follows links between the pages of this app without loading it again. */
export function followLinks(root: HTMLElement): void {
  root.addEventListener("click", (e) => {
    if (e.defaultPrevented || !isPlainClick(e)) return;
    const link = (e.target as Element).closest("a");
    if (!link || link.target !== "" || link.hasAttribute("download") || link.origin !== location.origin) return;
    if (link.hash !== "" && link.pathname === location.pathname) return;
    if (parseRoute(link.pathname).page === "unknown") return;
    e.preventDefault();
    navigate(link.href);
  });
}
