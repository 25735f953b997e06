import { toast } from "../state/toasts";

/** The address always says what a page shows, so it is the link. */
export async function copyLink(): Promise<void> {
  try {
    await navigator.clipboard.writeText(location.href);
    toast("The link is copied.");
  } catch {
    // Without a secure context there is no clipboard.
    toast("The address of this page is the link: copy it from the address bar.", "note");
  }
}
