import { toast } from "../state/toasts";

/** Copies a link. The address always says what a page shows, so it is the one to copy if there is no other. */
export async function copyLink(href = location.href): Promise<void> {
  try {
    await navigator.clipboard.writeText(href);
    toast("The link is copied.");
  } catch {
    // Without a secure context there is no clipboard.
    toast(href === location.href ? "The address of this page is the link: copy it from the address bar." : `The link is ${href}`, "note");
  }
}
