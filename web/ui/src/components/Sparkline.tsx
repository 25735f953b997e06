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
    const color = getComputedStyle(el).color;
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
  useEffect(draw);
  useSignalEffect(() => {
    void theme.value;
    draw();
  });
  return <canvas ref={canvas} class={`spark ${tone}`} style={{ width: `${width}px`, height: `${height}px` }} {...(label === "" ? { "aria-hidden": true } : { role: "img", "aria-label": label })} />;
}
