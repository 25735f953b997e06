import { getJSON, hostPath } from "./client";
import { num, obj, str } from "./decode";

export type AlarmStatus = "CRITICAL" | "WARNING" | "CLEAR" | "UNDEFINED" | "UNINITIALIZED";

/** An alert of a chart as `/api/v1/alarms` tells it. */
export interface Alarm {
  name: string;
  chart: string;
  status: AlarmStatus;
  units: string;
  info: string;
  /** The value with its unit, as the server writes it. */
  value: string;
  /** Expressions of the two levels, "" where there is none. */
  warn: string;
  crit: string;
  green: number | null;
  red: number | null;
  silenced: boolean;
  /** Unix time of the latest change of the status. */
  changed: number;
}

const known: readonly string[] = ["CRITICAL", "WARNING", "CLEAR", "UNDEFINED", "UNINITIALIZED"] satisfies AlarmStatus[];

function optional(v: unknown): number | null {
  return typeof v === "number" && Number.isFinite(v) ? v : null;
}

const escaped: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"', "#34": '"', "#39": "'", "#x27": "'", "#x2F": "/" };

/** The v1 API escapes its expressions for pages that paste them in. */
function plain(v: unknown): string {
  return str(v).replace(/&(#?\w+);/g, (whole, name: string) => escaped[name] ?? whole);
}

export function decodeAlarms(v: unknown): Alarm[] {
  return Object.values(obj(obj(v)["alarms"])).map((a) => {
    const o = obj(a);
    const status = str(o["status"]);
    return {
      name: str(o["name"]),
      chart: str(o["chart"]),
      status: (known.includes(status) ? status : "UNDEFINED") as AlarmStatus,
      units: str(o["units"]),
      info: str(o["info"]),
      value: str(o["value_string"]),
      warn: plain(o["warn"]) || plain(o["warn_parsed"]),
      crit: plain(o["crit"]) || plain(o["crit_parsed"]),
      green: optional(o["green"]),
      red: optional(o["red"]),
      silenced: o["silenced"] === true || o["disabled"] === true,
      changed: num(o["last_status_change"]),
    };
  });
}

/** Every alert of a host, raised or not. */
export async function fetchAlarms(host: string, signal: AbortSignal): Promise<Alarm[]> {
  return decodeAlarms(await getJSON(`${hostPath(host)}/api/v1/alarms?all`, signal));
}
