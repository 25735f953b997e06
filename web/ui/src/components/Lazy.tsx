import type { ComponentType, JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { ErrorState, Skeleton } from "./States";
import { TopBar } from "./TopBar";

let reloadedFor = history.state === "reloaded";

const wholePage = (failed: boolean): JSX.Element => (
  <>
    <TopBar />
    <main class="page">{failed ? <ErrorState title="This page could not be loaded" message="foster does not answer, or it has been updated since." onRetry={() => location.reload()} /> : <Skeleton label="loading the page" />}</main>
  </>
);

/**
 * A page, or a part of one, whose code is fetched when it is first opened. When that fails, foster is away, or has been updated since this page
 * was loaded and has other files now: loading the page again helps in both cases, and is tried once by itself. `meanwhile` is what stands in its place.
 */
export function lazy<Props extends object>(load: () => Promise<ComponentType<Props>>, meanwhile: (failed: boolean) => JSX.Element = wholePage): (props: Props) => JSX.Element {
  let known: ComponentType<Props> | null = null;
  return function Lazy(props: Props): JSX.Element {
    const [page, setPage] = useState<{ is: ComponentType<Props> } | null>(known && { is: known });
    const [failed, setFailed] = useState(false);
    useMemo(() => {
      if (!known) load().catch(() => undefined); // begins before anything is painted; the effect deals with how it ends
    }, []);
    useEffect(() => {
      if (page) return;
      let mounted = true;
      load().then(
        (is) => {
          known = is;
          if (mounted) setPage({ is });
        },
        () => {
          if (!mounted) return;
          if (reloadedFor) return setFailed(true);
          reloadedFor = true;
          history.replaceState("reloaded", "");
          location.reload();
        },
      );
      return () => {
        mounted = false;
      };
    }, [page]);
    if (page) return <page.is {...props} />;
    return meanwhile(failed);
  };
}
