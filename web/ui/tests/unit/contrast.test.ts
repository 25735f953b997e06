import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { dimensionColor, ink, type Theme } from "../../src/chart/palette";

const css = readFileSync("src/styles/tokens.css", "utf8");

function tokens(theme: Theme): Record<string, string> {
  const [light = "", dark = ""] = css.split(':root[data-theme="dark"]');
  const read = (block: string) => Object.fromEntries([...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map((m) => [m[1]!, m[2]!]));
  return theme === "light" ? read(light) : { ...read(light), ...read(dark) };
}

function luminance(hex: string): number {
  const channel = (at: number) => {
    const v = parseInt(hex.slice(at, at + 2), 16) / 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

describe.each(["light", "dark"] as const)("the %s theme", (theme) => {
  const t = tokens(theme);
  it.each(["text", "muted", "accent", "live", "replicating", "stale", "archived", "ok", "note", "warning", "critical", "off"])("%s is readable on every surface", (name) => {
    for (const surface of ["bg", "surface", "raised", "sunken"]) expect(contrast(t[name]!, t[surface]!), `${name} on ${surface}`).toBeGreaterThanOrEqual(4.5);
  });
  it("text is readable on tinted surfaces", () => {
    for (const tone of ["ok", "note", "warning", "critical"]) expect(contrast(t[tone]!, t[`${tone}-bg`]!), tone).toBeGreaterThanOrEqual(4.5);
    for (const tone of ["cpu", "memory", "disk", "network"]) expect(contrast(t[tone]!, t["surface"]!), tone).toBeGreaterThanOrEqual(3);
    for (const surface of ["ok-bg", "warning-bg", "critical-bg", "note-bg", "accent-soft"]) expect(contrast(t["text"]!, t[surface]!)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(t["accent"]!, t["accent-soft"]!)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(t["muted"]!, t["accent-soft"]!)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(t["on-accent"]!, t["accent"]!)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(ink[theme].label, t["surface"]!)).toBeGreaterThanOrEqual(4.5);
  });
  it("dimensions stand out from the card, and from each other", () => {
    const colors = Array.from({ length: 40 }, (_, i) => dimensionColor(theme, i));
    for (const c of colors) expect(contrast(c, t["surface"]!), c).toBeGreaterThanOrEqual(3);
    expect(new Set(colors).size).toBe(colors.length);
  });
});
