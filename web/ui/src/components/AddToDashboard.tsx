import type { JSX } from "preact";
import { useSignal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { messageOf } from "../api/client";
import { createDashboard, dashboardHref, fetchDashboard, fetchDashboards, isConflict, mostPanels, updateDashboard, type Content, type Dashboard, type DashboardList } from "../api/dashboards";
import { managed } from "../state/manage";
import { freeID } from "../state/panels";
import { usualSpan } from "../state/range";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { Input, Select } from "./Field";
import { FormDialog } from "./FormDialog";
import { FormError } from "./FormError";
import { Skeleton } from "./States";
import { TokenDialog } from "./TokenDialog";

export interface ChartToAdd {
  host: string;
  hostname: string;
  chart: string;
  title: string;
  /** Those shown; none: all. */
  dimensions: readonly string[];
}

const attempts = 3; // when others change the dashboard at the same time

/** Puts a chart at the end of a dashboard, or on a new one. */
async function add(c: ChartToAdd, id: string, name: string): Promise<Dashboard | null> {
  const withChart = (content: Content): Content => ({
    ...content,
    panels: [...content.panels, { id: freeID(content.panels), host: c.host, hostname: c.hostname, chart: c.chart, title: "", dimensions: c.dimensions, width: 6, height: 3 }],
  });
  if (id === "") return managed((token) => createDashboard(withChart({ name, description: "", last: usualSpan, panels: [] }), token));
  for (let n = 1; ; n++) {
    const now = await fetchDashboard(id, AbortSignal.timeout(20_000));
    if (now.panels.length >= mostPanels) throw new Error(`“${now.name}” has ${mostPanels} charts, and there is no room for more.`);
    try {
      const { name, description, last, panels } = withChart(now);
      return await managed((token) => updateDashboard(id, now.version, { name, description, last, panels }, token));
    } catch (err) {
      if (!isConflict(err) || n === attempts) throw err;
    }
  }
}

/** Asks on which dashboard a chart shall stand, while there is one to be added. */
export function AddToDashboard({ chart }: { chart: Signal<ChartToAdd | null> }): JSX.Element {
  const c = chart.value;
  return (
    <>
      {c && <Form chart={c} onClose={() => (chart.value = null)} />}
      {c && <TokenDialog />}
    </>
  );
}

function Form({ chart, onClose }: { chart: ChartToAdd; onClose: () => void }): JSX.Element {
  const list = useSignal<DashboardList | null>(null);
  const chosen = useSignal("");
  const name = useSignal("");
  const error = useSignal<string | null>(null);
  const busy = useSignal(false);
  const added = useSignal<Dashboard | null>(null);
  useEffect(() => {
    const abort = new AbortController();
    fetchDashboards(abort.signal).then(
      (l) => {
        list.value = l;
        // What was changed last is what is being worked on.
        chosen.value = l.dashboards.toSorted((a, b) => b.changed - a.changed)[0]?.id ?? "";
      },
      (err: unknown) => {
        if (!abort.signal.aborted) error.value = messageOf(err);
      },
    );
    return () => abort.abort();
  }, [list, chosen, error]);

  const submit = async () => {
    if (chosen.peek() === "" && name.peek().trim() === "") {
      error.value = "Give the new dashboard a name.";
      return;
    }
    busy.value = true;
    error.value = null;
    try {
      added.value = await add(chart, chosen.peek(), name.peek());
    } catch (err) {
      error.value = messageOf(err);
    }
    busy.value = false;
  };
  const done = added.value;
  const what = chart.dimensions.length > 0 ? `${chart.title} (${chart.dimensions.join(", ")})` : chart.title;
  if (done) {
    return (
      <Dialog
        title="Add to a dashboard"
        open
        onClose={onClose}
        actions={
          <>
            <Button onClick={onClose}>Close</Button>
            <a class="btn primary" href={dashboardHref(done.id)}>
              Open the dashboard
            </a>
          </>
        }
      >
        <p role="status">
          “{what}” of {chart.hostname} stands on <b>{done.name}</b> now.
        </p>
      </Dialog>
    );
  }
  return (
    <FormDialog title="Add to a dashboard" submit="Add" disabled={busy.value || !list.value} onSubmit={() => void submit()} onClose={onClose}>
      {list.value ? (
        <>
          <p>
            {what} of <b>{chart.hostname}</b>
          </p>
          <FormError>{list.value.refused}</FormError>
          <Select
            label="Dashboard"
            value={chosen.value}
            choices={[...list.value.dashboards.map((d) => ({ value: d.id, label: `${d.name} (${d.panels})` })), { value: "", label: "a new dashboard" }]}
            onValue={(v) => (chosen.value = v)}
          />
          {chosen.value === "" && <Input label="Name" value={name.value} maxLength={100} onValue={(v) => (name.value = v)} />}
          <FormError>{error.value}</FormError>
        </>
      ) : error.value !== null ? (
        <FormError>The dashboards could not be read: {error.value}</FormError>
      ) : (
        <Skeleton label="loading the dashboards" rows={2} />
      )}
    </FormDialog>
  );
}
