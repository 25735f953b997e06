import type { JSX } from "preact";
import "uplot/dist/uPlot.min.css";
import "../styles/host.css";
import "../styles/dashboards.css";
import { effect, useComputed, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { Banner } from "../components/Banner";
import { Button } from "../components/Button";
import { useFullScreen } from "../components/fullscreen";
import { useKeys } from "../components/keys";
import { RangeBar } from "../components/RangeBar";
import { EmptyState, ErrorState, Skeleton } from "../components/States";
import { TokenDialog } from "../components/TokenDialog";
import { TopBar } from "../components/TopBar";
import { BoardSession } from "../state/board";
import { BoardEdit } from "../state/boardedit";
import { presets } from "../state/range";
import { parameters, setParameters } from "../state/router";
import { AddPanelDialog } from "./dashboards/AddPanelDialog";
import { useBoardAddress } from "./dashboards/address";
import { ConflictDialog } from "./dashboards/ConflictDialog";
import { EditBar } from "./dashboards/EditBar";
import { PanelGrid } from "./dashboards/PanelGrid";
import { ViewBar } from "./dashboards/ViewBar";
import { NotFound } from "./NotFoundPage";

/** One dashboard: charts of any hosts, and the means to arrange them. */
export function DashboardPage({ id }: { id: string }): JSX.Element {
  const edit = useMemo(() => new BoardEdit(id), [id]);
  const board = useMemo(() => new BoardSession(), [id]);
  useEffect(
    () => () => {
      edit.close();
      board.close();
    },
    [edit, board],
  );
  useEffect(() => effect(() => board.show(edit.content.value?.panels ?? [])), [edit, board]);
  const name = edit.content.value?.name ?? "";
  useEffect(() => {
    document.title = `${name || "Dashboard"} – foster`;
  }, [name]);
  if (edit.status.value === "unknown") {
    return (
      <NotFound title="No such dashboard">
        <p>
          It was deleted, or never was. All that there are stand <a href="/dashboards">on one page</a>.
        </p>
      </NotFound>
    );
  }
  return <Board edit={edit} board={board} />;
}

function Board({ edit, board }: { edit: BoardEdit; board: BoardSession }): JSX.Element {
  const full = useSignal("");
  const adding = useSignal(false);
  const conflict = useSignal<"conflict" | "gone" | null>(null);
  const empty = useComputed(() => edit.content.value?.panels.length === 0).value;
  const ready = edit.status.value === "ready";
  useBoardAddress(edit, board, full);
  // The panel of an old link may be gone, and its chart too.
  useFullScreen(useComputed(() => edit.content.value?.panels.some((p) => p.id === full.value && board.of(p).drawn.value) ?? false).value);
  useEffect(() => {
    if (!ready || parameters.peek().get("edit") === null) return;
    edit.begin();
    setParameters({ edit: null });
  }, [edit, ready]);
  useUnsaved(edit);
  const { range } = board;
  useKeys({
    " ": () => range.togglePause(),
    Escape: () => (full.peek() !== "" ? (full.value = "") : range.live()),
    ArrowLeft: () => range.pan(-0.5),
    ArrowRight: () => range.pan(0.5),
    "+": () => range.zoom(0.5),
    "=": () => range.zoom(0.5),
    "-": () => range.zoom(2),
    e: () => edit.begin(),
    ...Object.fromEntries(presets.map((p, i) => [String(i + 1), () => range.live(p.span)])),
  });
  const content = edit.content.value;
  return (
    <>
      <TopBar>
        <div class="hosttitle">
          <h1>{content?.name ?? "Dashboard"}</h1>
        </div>
        <RangeBar session={board} />
      </TopBar>
      <main class="page board">
        {content && ready ? (
          <>
            {edit.editing.value ? <EditBar edit={edit} board={board} onAdd={() => (adding.value = true)} onConflict={(c) => (conflict.value = c)} /> : <ViewBar edit={edit} board={board} />}
            {edit.overtaken.value && (
              <Banner tone="warning">
                Somebody else saved this dashboard since you began to change it. When you save, you are asked which of the two shall stay.
              </Banner>
            )}
            {empty ? (
              <EmptyState
                title="No charts on it yet"
                icon="dashboard"
                action={
                  <Button
                    kind="primary"
                    icon="plus"
                    onClick={() => {
                      edit.begin();
                      adding.value = true;
                    }}
                  >
                    Add charts
                  </Button>
                }
              >
                Choose charts of any hosts here, or <b>Add to a dashboard</b> in the menu of a chart on the page of its host.
              </EmptyState>
            ) : (
              <PanelGrid edit={edit} board={board} full={full} />
            )}
          </>
        ) : edit.error !== null ? (
          <ErrorState title="The dashboard could not be read" message={`${edit.error}. The page tries again by itself.`} onRetry={() => edit.again()} />
        ) : (
          <Skeleton label="loading the dashboard" height={240} rows={2} />
        )}
      </main>
      {adding.value && <AddPanelDialog edit={edit} onClose={() => (adding.value = false)} />}
      <ConflictDialog edit={edit} why={conflict} />
      <TokenDialog />
    </>
  );
}

/** The browser asks before a tab with changes that are not saved is closed. */
function useUnsaved(edit: BoardEdit): void {
  useEffect(() => {
    const ask = (e: BeforeUnloadEvent) => {
      if (edit.dirty.peek()) e.preventDefault();
    };
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [edit]);
}
