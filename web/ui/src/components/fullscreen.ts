import { useEffect } from "preact/hooks";

/** While a chart fills the screen the page behind it does not scroll. */
export function useFullScreen(on: boolean): void {
  useEffect(() => {
    document.documentElement.classList.toggle("full-screen", on);
    return () => document.documentElement.classList.remove("full-screen");
  }, [on]);
}

/** Whether a chart fills the screen: Escape is for it then. */
export function isFullScreen(): boolean {
  return document.documentElement.classList.contains("full-screen");
}
