export interface Gestures {
  /** Moves the window so that what was under the pointer stays there; `share` of the width, positive to the past. */
  onPan(share: number): void;
  /** Makes the window `factor` times as long around the place at `share` of the width. */
  onZoom(factor: number, share: number): void;
  /** A pan with the mouse began or ended. */
  onGrab(active: boolean): void;
}

const touchSlop = 6; // px a finger moves before it pans

/** Scales the wheel's turn into a factor of zoom; one notch is about 1.5. */
export function wheelFactor(delta: number): number {
  return Math.exp(Math.max(-0.5, Math.min(0.5, delta / 250)));
}

/**
 * Pan and zoom on a drawing: the wheel with Control zooms, sideways or with Shift it pans; dragging with Shift or the middle
 * button pans; on a touch screen one finger pans sideways and two zoom. Scrolling the page stays as it was.
 */
export function listenForGestures(over: HTMLElement, g: Gestures): void {
  const width = () => Math.max(1, over.clientWidth);
  over.addEventListener(
    "wheel",
    (e) => {
      const unit = e.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      const [x, y] = [e.deltaX * unit, e.deltaY * unit];
      if (e.ctrlKey || e.metaKey) {
        e.preventDefault();
        g.onZoom(wheelFactor(y), e.offsetX / width());
      } else if (e.shiftKey || Math.abs(x) > 2 * Math.abs(y)) {
        e.preventDefault();
        g.onPan(-(x || y) / width());
      }
    },
    { passive: false },
  );

  over.addEventListener("mousedown", (e) => {
    if (!pans(e)) return;
    e.preventDefault();
    let last = e.clientX;
    const move = (m: MouseEvent) => {
      g.onPan((m.clientX - last) / width());
      last = m.clientX;
    };
    const up = () => {
      removeEventListener("mousemove", move);
      removeEventListener("mouseup", up);
      g.onGrab(false);
    };
    addEventListener("mousemove", move);
    addEventListener("mouseup", up);
    g.onGrab(true);
  });

  const fingers = new Map<number, number>();
  let from: number | null = null; // where a finger came down that has not moved far yet
  over.addEventListener("pointerdown", (e) => {
    if (e.pointerType !== "touch") return;
    fingers.set(e.pointerId, e.clientX);
    from = fingers.size === 1 ? e.clientX : null;
  });
  over.addEventListener("pointermove", (e) => {
    const before = fingers.get(e.pointerId);
    if (before === undefined) return;
    if (fingers.size === 1) {
      if (from !== null && Math.abs(e.clientX - from) < touchSlop) return;
      from = null;
      g.onPan((e.clientX - before) / width());
    } else if (fingers.size === 2) {
      const other = [...fingers].find(([id]) => id !== e.pointerId)![1];
      const [was, is] = [Math.abs(before - other), Math.abs(e.clientX - other)];
      const middle = (e.clientX + other) / 2 - over.getBoundingClientRect().left;
      if (was > 20 && is > 20) g.onZoom(was / is, middle / width());
    }
    fingers.set(e.pointerId, e.clientX);
  });
  for (const end of ["pointerup", "pointercancel"] as const) over.addEventListener(end, (e) => fingers.delete(e.pointerId));
}

/** Whether a mouse button begins a pan rather than the selection of a stretch of time. */
export function pans(e: MouseEvent): boolean {
  return e.button === 1 || (e.button === 0 && e.shiftKey);
}
