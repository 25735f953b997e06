import type { JSX } from "preact";
import { EmptyState } from "../components/States";
import { TopBar } from "../components/TopBar";

export function AlertsPage(): JSX.Element {
  return (
    <>
      <TopBar title="Alerts" />
      <main class="page">
        <EmptyState title="Not here yet">This page is being built.</EmptyState>
      </main>
    </>
  );
}
