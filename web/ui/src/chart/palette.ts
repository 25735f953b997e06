/** Colours of a chart's dimensions and of what surrounds them, per theme. Every colour has a contrast of 3:1 or more to the card. */

export type Theme = "light" | "dark";

const hues: Record<Theme, readonly string[]> = {
  light: ["#2f6fde", "#cc6d1f", "#16866a", "#c2416b", "#7d5bd0", "#96790a", "#1583a6", "#8c5a3c", "#5a861c", "#b94cb9", "#52708f", "#cf4436"],
  dark: ["#6ea8ff", "#f2a05c", "#4fd0a5", "#f27c9f", "#b197fc", "#dcc14b", "#56c7e6", "#c99b7a", "#a0cf5b", "#e48be4", "#93aecb", "#ff8a7a"],
};

/** Colour of the i-th dimension. Past the twelve chosen hues, colours are spread by the golden angle. */
export function dimensionColor(theme: Theme, i: number): string {
  const list = hues[theme];
  if (i < list.length) return list[i]!;
  const hue = Math.round((i * 137.508) % 360);
  return theme === "light" ? hslHex(hue, 0.55, 0.36) : hslHex(hue, 0.6, 0.7);
}

/** `alpha` 0..1 added to a #rrggbb colour. */
export function withAlpha(hex: string, alpha: number): string {
  return hex + Math.round(alpha * 255).toString(16).padStart(2, "0");
}

function hslHex(h: number, s: number, l: number): string {
  const a = s * Math.min(l, 1 - l);
  const channel = (n: number) => {
    const k = (n + h / 30) % 12;
    const v = l - a * Math.max(-1, Math.min(k - 3, 9 - k, 1));
    return Math.round(v * 255).toString(16).padStart(2, "0");
  };
  return `#${channel(0)}${channel(8)}${channel(4)}`;
}

/** What surrounds the dimensions: labels, grid, lines where alerts are raised, and the ribbon of anomalies. */
export interface Ink {
  label: string;
  grid: string;
  surface: string;
  text: string;
  warning: string;
  critical: string;
  anomaly: string;
}

export const ink: Record<Theme, Ink> = {
  light: { label: "#5b6573", grid: "#e9edf1", surface: "#ffffff", text: "#18202b", warning: "#98590a", critical: "#bf2a2f", anomaly: "#8a3ffc" },
  dark: { label: "#98a2b0", grid: "#232a34", surface: "#14181f", text: "#e3e8ef", warning: "#e2a84b", critical: "#ff8a80", anomaly: "#be95ff" },
};
