import { ApiError, getJSON, hostPath } from "./client";
import { arr, num, obj, str } from "./decode";
import { noteAnswer } from "../state/connection";

/** Simple patterns, all of which must match; "" lets everything pass. */
export interface Selector {
  alarm: string;
  chart: string;
  context: string;
  hosts: string;
  families: string;
}

export type Effect = "SILENCE" | "DISABLE";

export interface Silence {
  id: string;
  selector: Selector;
  effect: Effect;
  created: number;
  expires: number;
  comment: string;
  author: string;
}

export interface MaintenanceWindow {
  id: string;
  hosts: string;
  start: number;
  end: number;
  weekly: boolean;
  zone: string;
  until: number | null;
  active: boolean;
  /** The time that it is in, or else the next one; null: none comes. */
  nextStart: number | null;
  nextEnd: number | null;
  created: number;
  comment: string;
  author: string;
}

/** What Netdata's commands have set for this parent. */
export interface Commands {
  effect: Effect | null;
  all: boolean;
  selectors: Selector[];
}

/** All that silences alerts. */
export interface Silences {
  silences: Silence[];
  windows: MaintenanceWindow[];
  commands: Commands;
}

function decodeSelector(v: unknown): Selector {
  const s = obj(v);
  return { alarm: str(s["alarm"]), chart: str(s["chart"]), context: str(s["context"]), hosts: str(s["hosts"]), families: str(s["families"]) };
}

export function decodeSilence(v: unknown): Silence {
  const s = obj(v);
  return {
    id: str(s["id"]),
    selector: decodeSelector(s["selector"]),
    effect: s["effect"] === "DISABLE" ? "DISABLE" : "SILENCE",
    created: num(s["created"]),
    expires: num(s["expires"]),
    comment: str(s["comment"]),
    author: str(s["author"]),
  };
}

export function decodeWindow(v: unknown): MaintenanceWindow {
  const w = obj(v);
  const time = (k: string) => (typeof w[k] === "number" ? num(w[k]) : null);
  return {
    id: str(w["id"]),
    hosts: str(w["hosts"]),
    start: num(w["start"]),
    end: num(w["end"]),
    weekly: w["weekly"] === true,
    zone: str(w["zone"]),
    until: time("until"),
    active: w["active"] === true,
    nextStart: time("next_start"),
    nextEnd: time("next_end"),
    created: num(w["created"]),
    comment: str(w["comment"]),
    author: str(w["author"]),
  };
}

export function decodeCommands(v: unknown): Commands {
  const o = obj(v);
  const effect = o["type"] === "DISABLE" || o["type"] === "SILENCE" ? o["type"] : null;
  return { effect, all: o["all"] === true, selectors: arr(o["silencers"]).map(decodeSelector) };
}

/** What silences alerts of one host, or ("") of all. */
export async function fetchSilences(host: string, signal: AbortSignal): Promise<Silences> {
  const base = `${host === "" ? "" : hostPath(host)}/api/foster/v1`;
  const [s, m] = await Promise.all([getJSON(`${base}/silences`, signal), getJSON(`${base}/maintenance`, signal)]);
  return {
    silences: arr(obj(s)["silences"]).map(decodeSilence),
    windows: arr(obj(m)["maintenance"]).map(decodeWindow),
    commands: decodeCommands(obj(s)["management"]),
  };
}

/** Why a change was refused. */
export class ManageError extends ApiError {
  constructor(
    status: number,
    message: string,
    /** What of the request is wrong; "token": a management token would help. */
    readonly field: string,
  ) {
    super(status, message);
    this.name = "ManageError";
  }
}

const patience = 20_000; // ms

/** Asks for a change; `token` is the management token, "" for none. */
export async function change(method: "POST" | "PUT" | "DELETE", path: string, body: unknown, token: string): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      signal: AbortSignal.timeout(patience),
      headers: { Accept: "application/json", ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...(token === "" ? {} : { "X-Auth-Token": token }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    noteAnswer(0);
    throw new ManageError(0, "foster does not answer: nothing was changed, as far as is known", "");
  }
  noteAnswer(response.status);
  const text = await response.text().catch(() => "");
  let answer: unknown = null;
  try {
    answer = JSON.parse(text);
  } catch {
    // An error of something in between, a proxy say, is no JSON.
  }
  if (response.ok) return answer;
  const o = obj(answer);
  throw new ManageError(response.status, str(o["errorMessage"]) || text.slice(0, 200) || response.statusText, str(o["field"]) || (response.status === 401 ? "token" : ""));
}

/** Exactly one of when it ends (unix seconds) and how long it lasts (seconds, by the server's clock). */
export type End = { expires: number } | { duration: number };

export type NewSilence = End & {
  selector: Partial<Selector>;
  effect: Effect;
  comment: string;
  author: string;
};

export type NewWindow = ({ end: number } | { duration: number }) & {
  hosts: string;
  /** Now when missing. */
  start?: number;
  weekly?: boolean;
  zone?: string;
  until?: number;
  comment: string;
  author: string;
};

export const addSilence = async (s: NewSilence, token: string): Promise<Silence> => decodeSilence(await change("POST", "/api/foster/v1/silences", s, token));
export const removeSilence = (id: string, token: string): Promise<unknown> => change("DELETE", `/api/foster/v1/silences/${encodeURIComponent(id)}`, undefined, token);
export const addWindow = async (w: NewWindow, token: string): Promise<MaintenanceWindow> => decodeWindow(await change("POST", "/api/foster/v1/maintenance", w, token));
export const removeWindow = (id: string, token: string): Promise<unknown> => change("DELETE", `/api/foster/v1/maintenance/${encodeURIComponent(id)}`, undefined, token);
