import type { JSX } from "preact";
import "../styles/fleet.css";
import { useComputed, useSignal, useSignalEffect, type Signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Fleet, Host, HostState } from "../api/types";
import { formatCount } from "../chart/format";
import { Banner } from "../components/Banner";
import { FirstChild } from "../components/FirstChild";
import { SearchField } from "../components/SearchField";
import { TopBar } from "../components/TopBar";
import { HostTable, type Sort } from "../components/HostTable";
import { FleetStore } from "../state/fleet";
import { hostTexts, sortHosts } from "../state/hosts";
import { compileSearch } from "../state/search";

const states: HostState[] = ["live", "replicating", "stale", "archived"];
const firstRows = 150;

export function FleetPage(): JSX.Element {
  const store = useMemo(() => new FleetStore(), []);
  useEffect(() => () => store.close(), [store]);
  useEffect(() => {
    document.title = "foster";
  }, []);
  const fleet = store.fleet.value;
  return (
    <>
      <TopBar title="Fleet">{fleet && <span class="version">{fleet.version}</span>}</TopBar>
      <main class="fleet">
        {store.error.value !== null && (
          <Banner tone="warning">
            No answer from foster ({store.error.value}). {fleet ? "This is what was known before; the page goes on by itself." : "Trying again."}
          </Banner>
        )}
        {fleet === null ? <FleetSkeleton /> : fleet.hosts.length === 0 ? <FirstChild fleet={fleet} /> : <Hosts fleet={store.fleet as Signal<Fleet>} />}
      </main>
    </>
  );
}

function Hosts({ fleet }: { fleet: Signal<Fleet> }): JSX.Element {
  const query = useSignal("");
  const wanted = useSignal<ReadonlySet<HostState>>(new Set());
  const sort = useSignal<Sort>({ key: "hostname", descending: false });
  const rows = useSignal(firstRows);

  const found = useComputed(() => {
    const matches = compileSearch(query.value);
    return fleet.value.hosts.filter((h) => matches(hostTexts(h)));
  });
  const listed = useComputed(() => {
    const chosen = wanted.value.size === 0 ? found.value : found.value.filter((h) => wanted.value.has(h.state));
    return sortHosts(chosen, sort.value.key, sort.value.descending);
  });
  useSignalEffect(() => {
    void [query.value, wanted.value, sort.value];
    rows.value = firstRows;
  });

  const { hosts } = fleet.value;
  return (
    <>
      <div class="fleet-bar">
        <Chips hosts={found.value} wanted={wanted} />
        <SearchField query={query} label="Search hosts" />
      </div>
      <Totals hosts={hosts} />
      {listed.value.length === 0 ? (
        <p class="none">
          No host matches.{" "}
          <button
            type="button"
            class="link"
            onClick={() => {
              query.value = "";
              wanted.value = new Set();
            }}
          >
            Show all {hosts.length}
          </button>
        </p>
      ) : (
        <>
          <HostTable hosts={listed.value.slice(0, rows.value)} now={fleet.value.now} sort={sort} />
          {listed.value.length > rows.value && <More key={rows.value} onVisible={() => (rows.value += firstRows)} left={listed.value.length - rows.value} />}
        </>
      )}
    </>
  );
}

function Chips({ hosts, wanted }: { hosts: Host[]; wanted: Signal<ReadonlySet<HostState>> }): JSX.Element {
  const toggle = (state: HostState) => {
    const next = new Set(wanted.peek());
    if (!next.delete(state)) next.add(state);
    wanted.value = next.size === states.length ? new Set() : next;
  };
  return (
    <div class="chips" role="group" aria-label="state">
      <button type="button" aria-pressed={wanted.value.size === 0} onClick={() => (wanted.value = new Set())}>
        all <span class="count">{hosts.length}</span>
      </button>
      {states.map((state) => (
        <button key={state} type="button" class={state} aria-pressed={wanted.value.has(state)} onClick={() => toggle(state)}>
          <span class="dot" aria-hidden="true" />
          {state} <span class="count">{hosts.filter((h) => h.state === state).length}</span>
        </button>
      ))}
    </div>
  );
}

function Totals({ hosts }: { hosts: Host[] }): JSX.Element {
  const sum = (of: (h: Host) => number) => formatCount(hosts.reduce((n, h) => n + of(h), 0));
  return (
    <p class="totals">
      <b>{hosts.length}</b> {hosts.length === 1 ? "host" : "hosts"}, <b>{sum((h) => h.charts)}</b> charts, <b>{sum((h) => h.metrics)}</b> metrics, <b>{sum((h) => h.samplesPerSecond)}</b> samples/s
    </p>
  );
}

/** Asks for more rows when it is scrolled into view: a fleet of thousands is not put into the document at once. */
function More({ onVisible, left }: { onVisible: () => void; left: number }): JSX.Element {
  const mark = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    const observer = new IntersectionObserver((entries) => entries.some((e) => e.isIntersecting) && onVisible(), { rootMargin: "600px" });
    observer.observe(mark.current!);
    return () => observer.disconnect();
  }, []);
  return (
    <p class="none" ref={mark}>
      {left} more
    </p>
  );
}

function FleetSkeleton(): JSX.Element {
  return (
    <div class="skeleton" role="status" aria-label="loading the hosts">
      {Array.from({ length: 8 }, (_, i) => (
        <div key={i} />
      ))}
    </div>
  );
}
