import type { JSX } from "preact";
import "../styles/streaming.css";
import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { ConnectionTable } from "../components/ConnectionTable";
import { SearchField } from "../components/SearchField";
import { KeyCards } from "../components/KeyCards";
import { RejectionList } from "../components/RejectionList";
import { SelfLoad } from "../components/SelfLoad";
import { ErrorState, Skeleton } from "../components/States";
import { Tabs } from "../components/Tabs";
import { TierCards } from "../components/TierCards";
import { TopBar } from "../components/TopBar";
import type { Streaming } from "../api/streaming";
import { parameters, setParameters } from "../state/router";
import { StreamingStore } from "../state/streaming";

const tabs = ["connections", "rejected", "keys", "storage"] as const;
type TabName = (typeof tabs)[number];

/** What flows into foster, who was turned away, and what foster itself takes. */
export function StreamingPage(): JSX.Element {
  const store = useMemo(() => new StreamingStore(), []);
  useEffect(() => () => store.close(), [store]);
  useEffect(() => {
    document.title = "Streaming – foster";
  }, []);
  const s = store.streaming.value.value;
  const error = store.streaming.error.value;
  return (
    <>
      <TopBar title="Streaming">
        {s && (
          <p class="totals">
            <b>{s.children.filter((c) => c.connection).length}</b> of <b>{s.children.length}</b> hosts connected
          </p>
        )}
      </TopBar>
      <main class="page streaming">
        {s ? <Content store={store} s={s} /> : error !== null ? <ErrorState title="The connections could not be read" message={`${error}. The page tries again by itself.`} onRetry={() => void store.streaming.now()} /> : <Skeleton label="loading the connections" rows={8} />}
      </main>
    </>
  );
}

function Content({ store, s }: { store: StreamingStore; s: Streaming }): JSX.Element {
  const selected = useComputed<TabName>(() => tabs.find((t) => t === parameters.value.get("tab")) ?? "connections").value;
  const query = useSignal("");
  return (
    <>
      <SelfLoad self={s.self} now={s.now} loads={store.loads} />
      <div class="tab-bar">
        <Tabs
          label="Streaming"
          controls="streaming-panel"
          selected={selected}
          onSelect={(t) => setParameters({ tab: t === "connections" ? null : t })}
          tabs={[
            { id: "connections", label: "Connections", count: s.children.length },
            { id: "rejected", label: "Rejected", count: s.rejections.length },
            { id: "keys", label: "API keys", count: s.keys.length },
            { id: "storage", label: "Storage" },
          ]}
        />
        {(selected === "connections" || selected === "rejected") && <SearchField query={query} label={selected === "rejected" ? "Search rejections" : "Search connections"} />}
      </div>
      <div id="streaming-panel" role="tabpanel" aria-label={selected}>
        {selected === "connections" && <ConnectionTable s={s} rates={store.rates} query={query} />}
        {selected === "rejected" && <RejectionList rejections={s.rejections} now={s.now} query={query} />}
        {selected === "keys" && <KeyCards keys={s.keys} />}
        {selected === "storage" && <TierCards storage={store.storage} />}
      </div>
    </>
  );
}
