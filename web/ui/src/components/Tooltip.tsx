import type { ComponentChildren, JSX } from "preact";
import { useId, useRef, useState } from "preact/hooks";

const edge = 8; // px to the edge of the screen

/** Shows `text` beside its children while the pointer or the focus is on them. Nothing that matters may stand only there. */
export function Tooltip({ text, children }: { text: ComponentChildren; children: ComponentChildren }): JSX.Element {
  const id = useId();
  const anchor = useRef<HTMLSpanElement>(null);
  const [at, setAt] = useState<{ left: number; top: number; below: boolean } | null>(null);
  const show = () => {
    const box = anchor.current!.getBoundingClientRect();
    const below = box.top < 120;
    const middle = box.left + box.width / 2;
    setAt({ left: Math.min(innerWidth - edge, Math.max(edge, middle)), top: below ? box.bottom + 6 : box.top - 6, below });
  };
  const hide = () => setAt(null);
  const share = at ? Math.round((100 * at.left) / innerWidth) : 0; // keeps it inside of the screen
  return (
    <span ref={anchor} class="tipped" aria-describedby={at ? id : undefined} onPointerEnter={show} onPointerLeave={hide} onFocusIn={show} onFocusOut={hide} onKeyDown={(e) => e.key === "Escape" && hide()}>
      {children}
      {at && (
        <span role="tooltip" id={id} class="tooltip" style={{ left: `${at.left}px`, top: `${at.top}px`, transform: `translate(-${share}%, ${at.below ? "0" : "-100%"})` }}>
          {text}
        </span>
      )}
    </span>
  );
}
