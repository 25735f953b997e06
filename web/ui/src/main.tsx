import { render, type JSX } from "preact";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/components.css";
import { lazy } from "./components/Lazy";
import { Shell } from "./components/Shell";
import { FleetPage } from "./pages/FleetPage";
import { NotFound } from "./pages/NotFoundPage";
import { followLinks, route } from "./state/router";
import "./state/theme";

const HostPage = lazy(() => import("./pages/HostPage").then((m) => m.HostPage));
const AlertsPage = lazy(() => import("./pages/AlertsPage").then((m) => m.AlertsPage));
const ExplorePage = lazy(() => import("./pages/ExplorePage").then((m) => m.ExplorePage));
const StreamingPage = lazy(() => import("./pages/StreamingPage").then((m) => m.StreamingPage));
const DashboardsPage = lazy(() => import("./pages/DashboardsPage").then((m) => m.DashboardsPage));
const DashboardPage = lazy(() => import("./pages/DashboardPage").then((m) => m.DashboardPage));

function Page(): JSX.Element {
  const r = route.value;
  switch (r.page) {
    case "fleet":
      return <FleetPage />;
    case "host":
      return <HostPage key={r.host} name={r.host} />;
    case "alerts":
      return <AlertsPage key={r.host} host={r.host} />;
    case "explore":
      return <ExplorePage />;
    case "streaming":
      return <StreamingPage />;
    case "dashboards":
      return <DashboardsPage />;
    case "dashboard":
      return <DashboardPage key={r.id} id={r.id} />;
    case "unknown":
      return (
        <NotFound title="Nothing here">
          <p>
            There is no page at <code>{r.path}</code>.
          </p>
        </NotFound>
      );
  }
}

const root = document.getElementById("app")!;
followLinks(root);
render(
  <Shell>
    <Page />
  </Shell>,
  root,
);
