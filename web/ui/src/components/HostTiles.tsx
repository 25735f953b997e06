import type { JSX } from "preact";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { figureKinds } from "../api/fleet";
import type { Host } from "../api/types";
import type { FleetStore } from "../state/fleet";
import { hostHref } from "../state/hosts";
import { Badge } from "./Badge";
import { AlertCell, Figure, figureLabels, subtitle, useFollowed } from "./HostCells";
import { GroupHead, type GroupLine, type HostLine } from "./HostLines";
import { useBlocks } from "./rows";

const tileWidth = 300; // px at least
const tileHeight = 178;
const gap = 12;
const headHeight = 44;

type Block = { kind: "group"; line: GroupLine } | { kind: "tiles"; hosts: Host[] };

/** Hosts as tiles in rows; only those on the screen are in the document. */
export function HostTiles({ store, lines, onToggle }: { store: FleetStore; lines: readonly HostLine[]; onToggle: (group: string) => void }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const [columns, setColumns] = useState(1);
  useLayoutEffect(() => {
    const fit = () => setColumns(Math.max(1, Math.floor(((box.current?.clientWidth ?? 0) + gap) / (tileWidth + gap))));
    fit();
    const observer = new ResizeObserver(fit);
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, []);
  const blocks = useMemo(() => blocksOf(lines, columns), [lines, columns]);
  const ends = useMemo(() => {
    let y = 0;
    return Float64Array.from(blocks, (b) => (y += b.kind === "group" ? headHeight : tileHeight + gap));
  }, [blocks]);
  const { from, to } = useBlocks(box, ends);
  const top = from > 0 ? ends[from - 1]! : 0;
  return (
    <div class="tiles" ref={box} role="list" aria-label="Hosts" style={{ height: `${ends.at(-1) ?? 0}px` }}>
      <div role="presentation" style={{ transform: `translateY(${top}px)` }}>
        {blocks.slice(from, to).map((b) =>
          b.kind === "group" ? (
            <div key={`group ${b.line.name}`} role="listitem" style={{ height: `${headHeight}px` }}>
              <GroupHead line={b.line} onToggle={onToggle} />
            </div>
          ) : (
            <div key={b.hosts[0]!.guid} class="tile-row" role="presentation" style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`, height: `${tileHeight + gap}px`, gap: `${gap}px` }}>
              {b.hosts.map((h) => (
                <Tile key={h.guid} store={store} host={h} />
              ))}
            </div>
          ),
        )}
      </div>
    </div>
  );
}

function blocksOf(lines: readonly HostLine[], columns: number): Block[] {
  const blocks: Block[] = [];
  let row: Host[] | null = null;
  for (const line of lines) {
    if (line.kind === "group") {
      blocks.push({ kind: "group", line });
      row = null;
      continue;
    }
    if (row === null || row.length === columns) blocks.push({ kind: "tiles", hosts: (row = []) });
    row.push(line.host);
  }
  return blocks;
}

function Tile({ store, host: h }: { store: FleetStore; host: Host }): JSX.Element {
  useFollowed(store, h.guid);
  const f = store.figures.value.get(h.guid);
  return (
    <div class="card tile" role="listitem" style={{ height: `${tileHeight}px` }}>
      <header>
        <a class="row" href={hostHref(h)}>
          {h.hostname}
        </a>
        <Badge host={h} />
      </header>
      <p class="sub" title={subtitle(h)}>
        {h.ambiguous ? h.guid : subtitle(h)}
      </p>
      <div class="tile-figures">
        {figureKinds.map((kind) => (
          <div key={kind}>
            <span class="label">{figureLabels[kind]}</span>
            <Figure store={store} guid={h.guid} kind={kind} width={62} height={24} />
          </div>
        ))}
      </div>
      {f?.alerts && (f.alerts.critical > 0 || f.alerts.warning > 0) && (
        <p class="tile-alert">
          <AlertCell figures={f} />
        </p>
      )}
    </div>
  );
}
