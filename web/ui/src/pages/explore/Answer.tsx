import type { ComponentChildren, JSX } from "preact";
import { EmptyState, ErrorState, Skeleton } from "../../components/States";
import type { Asked } from "./session";

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
