import { signal } from "@preact/signals";
import { ManageError } from "../api/silences";
import { stored } from "./stored";

/** The management token that this browser remembers, "" for none. It goes to foster and nowhere else. */
export const token = stored("token");

/** Who silences, as the log of silences shall say. */
export const author = stored("author");

/** A change that was refused, and waits for what its user does about it. */
export interface Refusal {
  message: string;
  /** A token would help; else it is forbidden from here. */
  wantsToken: boolean;
  /** Goes on, with the token that is set by then, or gives up. */
  answer: (again: boolean) => void;
}

export const refusal = signal<Refusal | null>(null);

/**
 * Makes a change that needs the service management. When it is refused the user is asked for the token, and it is tried again;
 * null when the user gave up. Other errors are for the caller.
 */
export async function managed<T>(act: (token: string) => Promise<T>): Promise<T | null> {
  for (;;) {
    try {
      return await act(token.peek());
    } catch (err) {
      if (!(err instanceof ManageError) || (err.status !== 401 && err.status !== 403)) throw err;
      const again = await new Promise<boolean>((answer) => {
        refusal.value = { message: err.message, wantsToken: err.field === "token", answer };
      });
      refusal.value = null;
      if (!again) return null;
    }
  }
}
