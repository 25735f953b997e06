import type { JSX } from "preact";
import "../styles/dashboards.css";
import { useSignal, type Signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { messageOf } from "../api/client";
import { createDashboard, dashboardHref, deleteDashboard, exportHref, fetchDashboard, fetchDashboards, mostBytes, type DashboardEntry, type DashboardList } from "../api/dashboards";
import { formatAgo, formatDateTime } from "../chart/format";
import { Banner } from "../components/Banner";
import { Button } from "../components/Button";
import { Dialog } from "../components/Dialog";
import { Select } from "../components/Field";
import { FormError } from "../components/FormError";
import { Menu } from "../components/Menu";
import { SearchField } from "../components/SearchField";
import { EmptyState, ErrorState, Skeleton } from "../components/States";
import { TokenDialog } from "../components/TokenDialog";
import { TopBar } from "../components/TopBar";
import { contentOf } from "../state/boardedit";
import { managed } from "../state/manage";
import { copyName } from "../state/panels";
import { Poll } from "../state/poll";
import { navigate, parameters, setParameters } from "../state/router";
import { compileSearch } from "../state/search";
import { toast } from "../state/toasts";
import { DeleteDialog } from "./dashboards/DeleteDialog";
import { NewDialog } from "./dashboards/NewDialog";
import { count, download } from "./dashboards/texts";

const pace = 5000; // ms

type Order = "name" | "changed" | "panels";

const orders: readonly { value: Order; label: string }[] = [
  { value: "name", label: "by name" },
  { value: "changed", label: "last changed first" },
  { value: "panels", label: "most charts first" },
];

/** The dashboards that were saved. */
export function DashboardsPage(): JSX.Element {
  const list = useMemo(() => new Poll(fetchDashboards, pace), []);
  useEffect(() => () => list.close(), [list]);
  useEffect(() => {
    document.title = "Dashboards – foster";
  }, []);
  const known = list.value.value;
  return (
    <>
      <TopBar title="Dashboards" />
      <main class="page dashboards">
        {known ? (
          <Content list={known} onChange={() => void list.now()} />
        ) : list.error.value !== null ? (
          <ErrorState title="The dashboards could not be read" message={`${list.error.value}. The page tries again by itself.`} onRetry={() => void list.now()} />
        ) : (
          <Skeleton label="loading the dashboards" />
        )}
      </main>
      <TokenDialog />
    </>
  );
}

function Content({ list, onChange }: { list: DashboardList; onChange: () => void }): JSX.Element {
  const query = useSignal(parameters.peek().get("q") ?? "");
  const making = useSignal(false);
  const deleting = useSignal<DashboardEntry | null>(null);
  const failed = useSignal("");
  useEffect(() => setParameters({ q: query.value }), [query.value]);
  const order = orders.find((o) => o.value === parameters.value.get("sort"))?.value ?? "name";
  const matches = compileSearch(query.value);
  const found = sorted(list.dashboards.filter((d) => matches([d.name, d.description])), order);
  const empty = list.dashboards.length === 0;
  return (
    <>
      {list.refused !== "" && <Banner tone="note">You can look at dashboards and not change them: {list.refused}</Banner>}
      {!empty && (
        <div class="boards-bar" role="search" aria-label="dashboards">
          <SearchField query={query} label="Search dashboards" />
          <Select quiet label="Order" value={order} choices={orders} onValue={(sort) => setParameters({ sort: sort === "name" ? null : sort })} />
          <Tools making={making} failed={failed} onChange={onChange} />
        </div>
      )}
      {empty ? (
        <EmptyState title="No dashboards yet" icon="dashboard" action={<Tools making={making} failed={failed} onChange={onChange} />}>
          A dashboard puts charts of any hosts on one page, kept here for everybody who sees this foster. Make one, or choose <b>Add to a dashboard</b> in the menu of a chart on the page of its host.
        </EmptyState>
      ) : found.length === 0 ? (
        <EmptyState title={`No dashboard matches “${query.value}”`} icon="search" action={<Button onClick={() => (query.value = "")}>Show all {list.dashboards.length}</Button>} />
      ) : (
        <ul class="boards" aria-label="dashboards">
          {found.map((d) => (
            <Row key={d.id} d={d} now={list.now} onDelete={() => (deleting.value = d)} onChange={onChange} />
          ))}
        </ul>
      )}
      {making.value && <NewDialog onClose={() => (making.value = false)} />}
      <Dialog title="Not imported" open={failed.value !== ""} onClose={() => (failed.value = "")} actions={<Button onClick={() => (failed.value = "")}>Close</Button>}>
        <FormError>{failed.value}</FormError>
      </Dialog>
      <DeleteDialog
        name={deleting.value?.name ?? null}
        onClose={() => (deleting.value = null)}
        onDelete={async () => {
          const { id, name } = deleting.peek()!;
          if (await managed((token) => deleteDashboard(id, token))) toast(`“${name}” is deleted.`);
          onChange();
        }}
      />
    </>
  );
}

function sorted(list: readonly DashboardEntry[], order: Order): DashboardEntry[] {
  // The server sends them by name.
  if (order === "changed") return list.toSorted((a, b) => b.changed - a.changed);
  if (order === "panels") return list.toSorted((a, b) => b.panels - a.panels);
  return [...list];
}

function Row({ d, now, onDelete, onChange }: { d: DashboardEntry; now: number; onDelete: () => void; onChange: () => void }): JSX.Element {
  const copy = async () => {
    try {
      const read = await fetchDashboard(d.id, AbortSignal.timeout(20_000));
      const made = await managed((token) => createDashboard({ ...contentOf(read), name: copyName(read.name) }, token));
      if (made) toast(`“${made.name}” is there now.`);
    } catch (err) {
      toast(`It could not be duplicated: ${messageOf(err)}`, "critical");
    }
    onChange();
  };
  return (
    <li class="card board-row">
      <div class="board-name">
        <a href={dashboardHref(d.id)}>{d.name}</a>
        {d.description && <p title={d.description}>{d.description}</p>}
      </div>
      <span class="figure">{count(d.panels, "chart")}</span>
      <span class="figure">{count(d.hosts, "host")}</span>
      <time title={formatDateTime(d.changed)}>changed {formatAgo(d.changed, now)}</time>
      <Menu
        label={`more for ${d.name}`}
        icon="more"
        items={[
          { label: "Edit", icon: "edit", onSelect: () => navigate(`${dashboardHref(d.id)}?edit=1`) },
          { label: "Duplicate", icon: "copy", onSelect: () => void copy() },
          { label: "Export as JSON", icon: "download", onSelect: () => download(exportHref(d.id)) },
          { label: "Delete…", icon: "trash", danger: true, onSelect: onDelete },
        ]}
      />
    </li>
  );
}

/** Takes files and makes new ones. It stands elsewhere once there is a dashboard: what it has to say is for the page to keep. */
function Tools({ making, failed, onChange }: { making: Signal<boolean>; failed: Signal<string>; onChange: () => void }): JSX.Element {
  const file = useRef<HTMLInputElement>(null);
  const take = async (files: readonly File[]) => {
    const problems: string[] = [];
    let some = false;
    for (const f of files) {
      try {
        if (f.size > mostBytes) throw new Error(`it is larger than ${mostBytes / 1024} KiB`);
        const made = await managed((token) => f.text().then((text) => createDashboard(parse(text), token)));
        if (made) {
          some = true;
          toast(`“${made.name}” is imported.`);
        }
      } catch (err) {
        problems.push(`${f.name}: ${messageOf(err)}`);
      }
    }
    failed.value = problems.join("\n");
    if (some) onChange();
  };
  return (
    <div class="boards-tools">
      <input
        ref={file}
        type="file"
        class="hidden"
        accept=".json,application/json"
        multiple
        tabIndex={-1}
        aria-label="files of dashboards"
        onChange={(e) => {
          const files = [...(e.currentTarget.files ?? [])];
          e.currentTarget.value = "";
          void take(files);
        }}
      />
      <Button icon="upload" onClick={() => file.current!.click()}>
        Import
      </Button>
      <Button kind="primary" icon="plus" onClick={() => (making.value = true)}>
        New dashboard
      </Button>
    </div>
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("it is not JSON");
  }
}
