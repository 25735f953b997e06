import type { JSX } from "preact";
import type { Host } from "../api/types";
import type { HostGroup } from "../state/hosts";
import { Icon } from "./icons";

/** A line of a list of hosts that may be grouped. */
export type HostLine = { kind: "host"; host: Host } | GroupLine;

export interface GroupLine {
  kind: "group";
  name: string;
  hosts: number;
  silent: number;
  open: boolean;
}

/** The lines of groups; those in `closed` have their head only. */
export function groupLines(groups: readonly HostGroup[], closed: ReadonlySet<string>): HostLine[] {
  return groups.flatMap(({ name, hosts }): HostLine[] => {
    const open = !closed.has(name);
    const silent = hosts.filter((h) => h.state === "stale" || h.state === "archived").length;
    return [{ kind: "group", name, hosts: hosts.length, silent, open }, ...(open ? hosts.map((host): HostLine => ({ kind: "host", host })) : [])];
  });
}

export function GroupHead({ line, onToggle }: { line: GroupLine; onToggle: (group: string) => void }): JSX.Element {
  return (
    <button type="button" class="group-head" aria-expanded={line.open} onClick={() => onToggle(line.name)}>
      <Icon name="chevron" />
      <b>{line.name || "without"}</b>
      <span class="count">
        {line.hosts} {line.hosts === 1 ? "host" : "hosts"}
        {line.silent > 0 && `, ${line.silent} silent`}
      </span>
    </button>
  );
}
