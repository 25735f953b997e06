import type { JSX } from "preact";
import type { Section } from "../state/sections";

/** Links to the sections of a host page; the section on the screen is open and shows its families. */
export function SectionNav({ sections, current, onFollow }: { sections: Section[]; current: string; onFollow: () => void }): JSX.Element {
  const open = sections.find((s) => s.id === current || s.families.some((f) => f.id === current))?.id ?? sections[0]?.id;
  return (
    <nav class="sections" aria-label="sections" onClick={onFollow}>
      <ul>
        {sections.map((s) => (
          <li key={s.id} class={s.id === open ? "open" : ""}>
            <a href={`#${s.id}`} aria-current={s.id === open ? "true" : undefined}>
              <span>{s.label}</span>
              <span class="count">{s.count}</span>
            </a>
            {s.id === open && (s.families.length > 1 || s.families[0]!.name !== s.name) && (
              <ul>
                {s.families.map((f) => (
                  <li key={f.id}>
                    <a href={`#${f.id}`} aria-current={f.id === current ? "location" : undefined}>
                      {f.name}
                    </a>
                  </li>
                ))}
              </ul>
            )}
          </li>
        ))}
      </ul>
    </nav>
  );
}
