import type { JSX } from "preact";
import { useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { sparkPath } from "../chart/spark";
import { theme } from "../state/theme";

export type SparkTone = "cpu" | "memory" | "disk" | "network" | "accent";

interface Props {
  values: readonly (number | null)[];
  /** Upper end of the scale; without it, the largest value, but not less than `least`. */
  max?: number;
  least?: number;
  tone?: SparkTone;
  width: number;
  height: number;
  /** Said by screen readers; "" when the figure stands beside it anyway. */
  label?: string;
}

const colors = new Map<string, string>();

/** The colour of a tone. Asking the browser for it makes it compute styles, so it is asked once. */
function colorOf(el: Element, tone: SparkTone): string {
  const key = `${document.documentElement.dataset["theme"] ?? ""} ${tone}`;
  let color = colors.get(key);
  if (color === undefined) colors.set(key, (color = getComputedStyle(el).color));
  return color;
}

/** A small line of recent values, drawn on a canvas: hundreds of them are on a page and change every second. */
export function Sparkline({ values, max, least = 0, tone = "accent", width, height, label = "" }: Props): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const draw = () => {
    const el = canvas.current;
    const c = el?.getContext("2d");
    if (!el || !c) return;
    const scale = devicePixelRatio || 1;
    if (el.width !== Math.round(width * scale)) el.width = Math.round(width * scale);
    if (el.height !== Math.round(height * scale)) el.height = Math.round(height * scale);
    c.setTransform(scale, 0, 0, scale, 0, 0);
    c.clearRect(0, 0, width, height);
    const color = colorOf(el, tone);
    const { line, areas } = sparkPath(values, width, height, max, least);
    c.fillStyle = color;
    c.globalAlpha = 0.16;
    c.fill(new Path2D(areas));
    c.globalAlpha = 1;
    c.strokeStyle = color;
    c.lineWidth = 1.25;
    c.lineJoin = "round";
    c.stroke(new Path2D(line));
  };
  // The list grows in place; what a second changes is at its ends.
  useEffect(draw, [values, values.length, values[0], values.at(-1), max, least, tone, width, height]);
  useSignalEffect(() => {
    void theme.value;
    draw();
  });
  return <canvas ref={canvas} class={`spark ${tone}`} style={{ width: `${width}px`, height: `${height}px` }} {...(label === "" ? { "aria-hidden": true } : { role: "img", "aria-label": label })} />;
}
