import type { ComponentChildren, JSX } from "preact";

/** A name with its value, and what is said when one points at the value. */
export type Fact = readonly [name: string, value: ComponentChildren, title?: string | undefined];

/** What is known of something, a fact a line. */
export function FactsList({ facts }: { facts: readonly Fact[] }): JSX.Element {
  return (
    <dl class="facts-list">
      {facts.map(([name, value, title]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd title={title}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
