import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import { messageOf } from "../../api/client";
import { createDashboard, dashboardHref, deleteDashboard, exportHref } from "../../api/dashboards";
import { formatAgo, formatDateTime } from "../../chart/format";
import { Button } from "../../components/Button";
import { copyLink } from "../../components/copylink";
import { Menu, type MenuItem } from "../../components/Menu";
import type { BoardSession } from "../../state/board";
import { contentOf, type BoardEdit } from "../../state/boardedit";
import { managed } from "../../state/manage";
import { copyName } from "../../state/panels";
import { navigate } from "../../state/router";
import { toast } from "../../state/toasts";
import { writeView } from "../hostview";
import { boardView } from "./address";
import { DeleteDialog } from "./DeleteDialog";
import { count, download } from "./texts";

/** What a dashboard is, and what can be done with it. */
export function ViewBar({ edit, board }: { edit: BoardEdit; board: BoardSession }): JSX.Element {
  const deleting = useSignal(false);
  const d = edit.saved.value!;
  const hosts = new Set(d.panels.map((p) => p.host)).size;
  const copy = async () => {
    try {
      const made = await managed((token) => createDashboard({ ...contentOf(d), name: copyName(d.name) }, token));
      if (made) navigate(`${dashboardHref(made.id)}?edit=1`);
    } catch (err) {
      toast(`It could not be duplicated: ${messageOf(err)}`, "critical");
    }
  };
  return (
    <div class="board-bar">
      <div class="board-facts">
        {d.description && <p>{d.description}</p>}
        <p class="sub">
          {count(d.panels.length, "chart")} of {count(hosts, "host")} · <time title={formatDateTime(d.changed)}>changed {formatAgo(d.changed, board.clock.now())}</time>
        </p>
      </div>
      <div class="board-actions">
        <Menu label="share" icon="link" items={shares(board, d.last)}>
          Share
        </Menu>
        <Button icon="edit" title="edit (e)" onClick={() => edit.begin()}>
          Edit
        </Button>
        <Menu
          label="more"
          icon="more"
          items={[
            { label: "Duplicate", icon: "copy", onSelect: () => void copy() },
            { label: "Export as JSON", icon: "download", onSelect: () => download(exportHref(d.id)) },
            { label: "Delete…", icon: "trash", danger: true, onSelect: () => (deleting.value = true) },
          ]}
        />
      </div>
      <DeleteDialog
        name={deleting.value ? d.name : null}
        onClose={() => (deleting.value = false)}
        onDelete={async () => {
          if (!(await managed((token) => deleteDashboard(d.id, token)))) return;
          toast(`“${d.name}” is deleted.`);
          navigate("/dashboards");
        }}
      />
    </div>
  );
}

/** Links to what is shown: as it moves on, and as it is now. */
function shares(board: BoardSession, last: number): MenuItem[] {
  const href = (range: "as is" | "still") => {
    const view = boardView(board, "");
    if (range === "still") view.range = { kind: "fixed", ...board.range.window() };
    const params = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(writeView(view, last))) {
      if (value === null) params.delete(name);
      else params.set(name, value);
    }
    const text = params.toString();
    return location.origin + location.pathname + (text === "" ? "" : `?${text}`);
  };
  const live = board.range.value.kind === "live";
  return [
    ...(live ? [{ label: "Copy a link that stays live", icon: "link" as const, onSelect: () => void copyLink(href("as is")) }] : []),
    { label: "Copy a link to this time", icon: "link", onSelect: () => void copyLink(href("still")) },
  ];
}
