import { noteAnswer } from "../state/connection";
import { decodeCharts, decodeFleet, decodeInfo } from "./decode";
import type { Chart, Fleet, HostInfo } from "./types";

/** An answer other than 200. Status 0 means that there was no answer at all. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

/** What an error says to the user. */
export function messageOf(err: unknown): string {
  return err instanceof Error ? err.message : String(err);
}

const answerTimeout = 20_000; // milliseconds

export async function getJSON(path: string, signal: AbortSignal): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(path, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerTimeout)]),
      headers: { Accept: "application/json" },
      // The API lets fixed windows be cached, but replication still fills them while the page asks again.
      cache: "no-cache",
    });
  } catch (err) {
    if (signal.aborted) throw err;
    noteAnswer(0);
    throw new ApiError(0, err instanceof DOMException && err.name === "TimeoutError" ? "no answer in time" : "no connection");
  }
  noteAnswer(response.status);
  if (!response.ok) throw new ApiError(response.status, (await response.text().catch(() => "")).slice(0, 200) || response.statusText);
  try {
    return await response.json();
  } catch (err) {
    if (signal.aborted) throw err;
    throw new ApiError(response.status, "the answer is not JSON");
  }
}

/** Base path of one host's API; `host` is a hostname or a machine GUID. */
export function hostPath(host: string): string {
  return `/host/${encodeURIComponent(host)}`;
}

export async function fetchFleet(signal: AbortSignal): Promise<Fleet> {
  return decodeFleet(await getJSON("/api/foster/v1/hosts", signal));
}

export async function fetchInfo(host: string, signal: AbortSignal): Promise<HostInfo> {
  return decodeInfo(await getJSON(`${hostPath(host)}/api/v1/info`, signal));
}

export async function fetchCharts(host: string, signal: AbortSignal): Promise<Chart[]> {
  return decodeCharts(await getJSON(`${hostPath(host)}/api/v1/charts`, signal));
}
