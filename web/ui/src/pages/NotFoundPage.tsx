import type { ComponentChildren, JSX } from "preact";
import { useEffect } from "preact/hooks";
import { TopBar } from "../components/TopBar";

/** For addresses that lead nowhere, and for hosts that foster does not know. */
export function NotFound({ title, children }: { title: string; children: ComponentChildren }): JSX.Element {
  useEffect(() => {
    document.title = `${title} – foster`;
  }, [title]);
  return (
    <>
      <TopBar />
      <main class="lost">
        <p class="code" aria-hidden="true">
          404
        </p>
        <h1>{title}</h1>
        {children}
        <p>
          <a class="button" href="/">
            All hosts
          </a>
        </p>
      </main>
    </>
  );
}

/** For the pages of a host that foster does not know. */
export function UnknownHost({ name }: { name: string }): JSX.Element {
  return (
    <NotFound title="Unknown host">
      <p>
        Nothing named <b>{name}</b> has ever streamed to this foster. Names are those the agents send; a machine GUID works as well.
      </p>
    </NotFound>
  );
}
