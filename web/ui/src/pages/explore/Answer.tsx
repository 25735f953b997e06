import type { ComponentChildren, JSX } from "preact";
import { EmptyState, ErrorState, Skeleton } from "../../components/States";
import type { Asked, ExploreSession } from "./session";

const mostSimilar = 6; // contexts that are offered in the place of one that no host has

/** The answer to a question about the context that was chosen. One that no host has is not asked about: what was known before is not its answer. */
export function ContextAnswer({ session, question, children }: { session: ExploreSession; question: Asked; children: ComponentChildren }): JSX.Element {
  const known = session.contexts.value;
  const { context } = session.view.value;
  const nothing = question.lines.value?.lines.length === 0;
  const unknown = session.mistyped.value ?? (nothing && known && !known.some((c) => c.id === context) ? context : null);
  if (unknown === null) return <Answer question={question}>{children}</Answer>;
  if (unknown === "") return <EmptyState title="Which context?" icon="search">Choose what is measured, as system.cpu or disk.io.</EmptyState>;
  const similar = (known ?? []).filter((c) => c.id.includes(unknown)).slice(0, mostSimilar);
  return (
    <EmptyState title={`No host has the context ${unknown}`} icon="search">
      {similar.length === 0 ? (
        "A context is what a chart is about, whatever the host, as system.cpu or disk.io."
      ) : (
        <>
          {similar.length === 1 ? "There is " : "There are "}
          {similar.map((c, i) => (
            <span key={c.id}>
              {i > 0 && ", "}
              <button
                type="button"
                class="link"
                onClick={() => {
                  session.mistyped.value = null;
                  session.change({ context: c.id, dimensions: "" });
                }}
              >
                {c.id}
              </button>
            </span>
          ))}
          .
        </>
      )}
    </EmptyState>
  );
}

/** The answer to a question, or why there is none. */
export function Answer({ question, children }: { question: Asked; children: ComponentChildren }): JSX.Element {
  const lines = question.lines.value;
  const error = question.error.value;
  if (!lines) return error !== null ? <ErrorState title="No answer" message={error} /> : <Skeleton label="asking" rows={1} height={280} />;
  return (
    <>
      {error !== null && (
        <p class="explore-error" role="alert">
          {error}
        </p>
      )}
      {lines.lines.length === 0 ? <EmptyState title="No data">Nothing matches, or nothing was collected in this time. Try another time, or fewer conditions.</EmptyState> : children}
    </>
  );
}
