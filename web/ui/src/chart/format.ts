/** Numbers and times as text. Numbers use a thin group separator and a point everywhere, so that columns of figures line up. */

const absent = "–";

/** Decimals that give values up to `peak` about three significant digits. */
export function decimalsFor(peak: number): number {
  const p = Math.abs(peak);
  if (!Number.isFinite(p) || p === 0 || p >= 1000) return 0;
  if (p > 100) return 1; // percentages up to 100 keep two
  if (p >= 1) return 2;
  return Math.min(6, 2 - Math.floor(Math.log10(p)));
}

function group(digits: string): string {
  const [whole = "", fraction] = digits.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, "\u202f");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** Formats `v` with fixed decimals; a value too small for them is not shown as zero but with two digits of its own. */
export function formatNumber(v: number | null | undefined, decimals: number): string {
  if (v == null || !Number.isFinite(v)) return absent;
  if (v === 0) return "0";
  if (Math.abs(v) < 0.5 * 10 ** -decimals) decimals = Math.min(9, 1 - Math.floor(Math.log10(Math.abs(v))));
  return (v < 0 ? "−" : "") + group(Math.abs(v).toFixed(decimals));
}

/** A label of an axis whose ticks are `step` apart: the decimals the step needs and no more. */
export function formatTick(v: number, step: number): string {
  const decimals = step > 0 ? Math.max(0, Math.min(9, -Math.floor(Math.log10(step) + 1e-9))) : 0;
  return (v < 0 && Number(v.toFixed(decimals)) !== 0 ? "−" : "") + group(Math.abs(v).toFixed(decimals));
}

/** A count in at most four characters and a letter: 950, 12.3k, 4.56M. */
export function formatCount(n: number): string {
  if (!Number.isFinite(n)) return absent;
  const a = Math.abs(n);
  const [div, letter] = a >= 999.5e6 ? [1e9, "G"] : a >= 999.5e3 ? [1e6, "M"] : a >= 9_999.5 ? [1e3, "k"] : [1, ""];
  const v = n / div;
  return (letter === "" ? group(String(Math.round(v))) : v.toFixed(Math.abs(v) >= 100 ? 0 : Math.abs(v) >= 10 ? 1 : 2)) + letter;
}

const sizes = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

export function formatBytes(bytes: number): string {
  let i = 0;
  while (bytes >= 1024 && i < sizes.length - 1) {
    bytes /= 1024;
    i++;
  }
  return `${bytes >= 100 || Number.isInteger(bytes) ? Math.round(bytes) : bytes.toFixed(1)} ${sizes[i]}`;
}

const spans: [number, string][] = [
  [86400, "d"],
  [3600, "h"],
  [60, "min"],
  [1, "s"],
];

/** A length of time in its two largest units: 45 s, 5 min, 2 h 30 min, 3 d 4 h. */
export function formatDuration(seconds: number): string {
  let rest = Math.max(0, Math.round(seconds));
  const parts: string[] = [];
  for (const [size, label] of spans) {
    const n = Math.floor(rest / size);
    rest -= n * size;
    if (n > 0) parts.push(`${n} ${label}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(" ") || "0 s";
}

/** How long ago `time` was, in its largest unit. */
export function formatAgo(time: number, now: number): string {
  if (time <= 0) return "never";
  const seconds = now - time;
  if (seconds < 3) return "now";
  for (const [size, label] of spans) if (seconds >= size) return `${Math.floor(seconds / size)} ${label} ago`;
  return "now";
}

const two = (n: number) => String(n).padStart(2, "0");

export function formatClock(time: number, seconds = true): string {
  const d = new Date(time * 1000);
  return `${two(d.getHours())}:${two(d.getMinutes())}${seconds ? `:${two(d.getSeconds())}` : ""}`;
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

export function formatDay(time: number): string {
  const d = new Date(time * 1000);
  return `${d.getDate()} ${months[d.getMonth()]}`;
}

export function formatDateTime(time: number): string {
  return `${formatDay(time)} ${new Date(time * 1000).getFullYear()}, ${formatClock(time)}`;
}

/** A label of a time axis whose labels are `step` seconds apart: the clock, or the day where one begins. */
export function formatTimeTick(time: number, step: number): string {
  if (step >= 86400) return formatDay(time);
  const d = new Date(time * 1000);
  if (d.getHours() === 0 && d.getMinutes() === 0 && d.getSeconds() === 0) return formatDay(time);
  return formatClock(time, step < 60);
}
