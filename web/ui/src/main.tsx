import { render, type JSX } from "preact";
import "uplot/dist/uPlot.min.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/fleet.css";
import "./styles/host.css";
import { HelpDialog } from "./components/HelpDialog";
import { FleetPage } from "./pages/FleetPage";
import { HostPage } from "./pages/HostPage";
import { NotFound } from "./pages/NotFoundPage";
import { followLinks, route } from "./state/router";
import "./state/theme";

function Page(): JSX.Element {
  const r = route.value;
  switch (r.page) {
    case "fleet":
      return <FleetPage />;
    case "host":
      return <HostPage key={r.host} name={r.host} />;
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
  <>
    <Page />
    <HelpDialog />
  </>,
  root,
);
