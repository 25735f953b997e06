import type { JSX } from "preact";
import { useComputed, useSignal } from "@preact/signals";
import { Input, Select, type Choice } from "../../components/Field";
import type { ExploreSession } from "./session";
import type { Aggregation } from "./view";

/** The choice of a context by its name or title. What is typed counts when it is one that hosts have. */
export function ContextField({ session }: { session: ExploreSession }): JSX.Element {
  const { context } = session.view.value;
  const typed = session.mistyped;
  const known = session.contexts.value;
  const about = known?.find((c) => c.id === context);
  const text = typed.value ?? context;
  const unknown = typed.value !== null && known !== null && !known.some((c) => c.id === text);
  return (
    <>
      <Input
        label="Context"
        value={text}
        list="contexts"
        placeholder="system.cpu"
        error={unknown ? "No host has this context" : null}
        hint={about ? `${about.title}${about.units ? `, ${about.units}` : ""}` : "What is measured, whatever the host"}
        onValue={(v) => {
          const exists = known?.some((c) => c.id === v) ?? true;
          typed.value = exists ? null : v;
          if (exists) session.change({ context: v, dimensions: "" });
        }}
      />
      <datalist id="contexts">
        {known?.map((c) => (
          <option key={c.id} value={c.id}>
            {c.title}
          </option>
        ))}
      </datalist>
    </>
  );
}

/** Hosts by name, separated by commas. */
export function HostsField({ session, hint = "All of them when empty; * stands for anything" }: { session: ExploreSession; hint?: string }): JSX.Element {
  const typed = useSignal<string | null>(null);
  const text = typed.value ?? session.view.value.hosts.join(", ");
  const last = text.slice(text.lastIndexOf(",") + 1).trim();
  const before = text.slice(0, text.lastIndexOf(",") + 1);
  const names = useComputed(() => [...new Set(session.hosts.value.map((h) => h.hostname))].sort()).value;
  return (
    <>
      <Input
        label="Hosts"
        value={text}
        list="hosts"
        placeholder="all"
        hint={hint}
        onValue={(v) => {
          typed.value = v;
          session.change({ hosts: v.split(",").map((s) => s.trim()).filter(Boolean) });
        }}
      />
      <datalist id="hosts">
        {names
          .filter((n) => n.includes(last))
          .slice(0, 50)
          .map((n) => (
            <option key={n} value={`${before}${before ? " " : ""}${n}`} />
          ))}
      </datalist>
    </>
  );
}

const aggregations: readonly Choice<Aggregation>[] = [
  { value: "sum", label: "Sum" },
  { value: "average", label: "Average" },
  { value: "min", label: "Smallest" },
  { value: "max", label: "Largest" },
];

export function AggregationField({ session }: { session: ExploreSession }): JSX.Element {
  return <Select label="Taken together by" value={session.view.value.aggregation} choices={aggregations} onValue={(aggregation) => session.change({ aggregation })} />;
}

/** What each line is for. */
export function GroupField({ session }: { session: ExploreSession }): JSX.Element {
  const { by, context } = session.view.value;
  const labels = session.contexts.value?.find((c) => c.id === context)?.labels ?? [];
  const known: Choice<string>[] = [
    { value: "node", label: "host" },
    { value: "dimension", label: "dimension" },
    { value: "instance", label: "chart" },
    { value: "node,dimension", label: "host and dimension" },
    { value: "node,instance", label: "host and chart" },
    { value: "instance,dimension", label: "chart and dimension" },
    ...labels.filter((l) => !l.startsWith("_")).map((l) => ({ value: `label:${l}`, label: `label ${l}` })),
    ...labels.filter((l) => l.startsWith("_")).map((l) => ({ value: `label:${l}`, label: `label ${l}` })),
  ];
  const value = by.join(",");
  if (!known.some((k) => k.value === value)) known.push({ value, label: value });
  return <Select label="A line for each" value={value} choices={known} onValue={(v) => session.change({ by: v.split(",") })} />;
}

const tops: readonly Choice<string>[] = ["5", "10", "20", "50", "100", "200"].map((n) => ({ value: n, label: `top ${n}` }));

export function TopField({ session }: { session: ExploreSession }): JSX.Element {
  const value = String(session.view.value.top);
  const choices = tops.some((t) => t.value === value) ? tops : [...tops, { value, label: `top ${value}` }];
  return <Select label="Lines" value={value} choices={choices} onValue={(v) => session.change({ top: Number(v) })} />;
}

/** The dimensions that count. */
export function DimensionsField({ session }: { session: ExploreSession }): JSX.Element {
  const { dimensions, context } = session.view.value;
  const known = session.contexts.value?.find((c) => c.id === context)?.dimensions ?? [];
  return <Input label="Dimensions" value={dimensions} placeholder="all" hint={known.length > 0 ? known.slice(0, 6).join(", ") + (known.length > 6 ? " …" : "") : "separated by |"} onValue={(v) => session.change({ dimensions: v })} />;
}
