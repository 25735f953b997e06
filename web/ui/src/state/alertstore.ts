import { computed, signal } from "@preact/signals";
import { fetchAlert, fetchDeliveries, type AlertDetail, type Delivery } from "../api/alert";
import { fetchAlerts, fetchTransitions, type AlertKey, type AlertList, type AlertStatus, type TransitionPage } from "../api/alerts";
import { ApiError } from "../api/client";
import { fetchSilences, type Silences } from "../api/silences";
import { isRaised } from "./alerts";
import { ServerClock } from "./clock";
import { Poll } from "./poll";
import { windowOf, type Range } from "./range";

/** The alerts of one host, or ("") of all, and what silences them, while a page shows them. */
export class AlertStore {
  readonly clock = new ServerClock();
  /** There is no such host. */
  readonly unknown = signal(false);
  readonly list: Poll<AlertList>;
  readonly silences: Poll<Silences>;
  private others: readonly AlertStatus[] = [];

  /** The hostname of a machine GUID; what is not known stays as it is. */
  readonly names = computed<ReadonlyMap<string, string>>(() => new Map((this.list.value.value?.alerts ?? []).map((a) => [a.guid, a.hostname])));

  constructor(readonly host: string) {
    this.list = new Poll((abort) => this.ask(abort), 2000, (l) => this.clock.learn(l.now));
    this.silences = new Poll((abort) => fetchSilences(host, abort), 10_000);
  }

  close(): void {
    this.list.close();
    this.silences.close();
  }

  /** Alerts of these statuses are wanted beside those that are raised. */
  want(statuses: ReadonlySet<AlertStatus>): void {
    const others = [...statuses].filter((s) => !isRaised(s) && s !== "removed").sort();
    if (others.join() === this.others.join()) return;
    this.others = others;
    void this.list.now();
  }

  /** What silences alerts was changed. */
  changed(): void {
    void this.list.now();
    void this.silences.now();
  }

  private async ask(abort: AbortSignal): Promise<AlertList> {
    try {
      const list = await fetchAlerts(this.host, this.others, abort);
      this.unknown.value = false;
      return list;
    } catch (err) {
      if (this.host !== "" && err instanceof ApiError && err.status === 404) this.unknown.value = true;
      throw err;
    }
  }
}

/** What of the past is asked for. */
export interface Past {
  range: Range;
  host: string;
  role: string;
}

const mostChanges = 2000;

/** The changes of alerts in a range, asked for again when an alert has changed since. */
export class PastStore {
  readonly page: Poll<TransitionPage>;
  /** What the page on the screen is of. */
  readonly of = signal<Past | null>(null);
  private known = "";

  constructor(
    private readonly store: AlertStore,
    private past: Past,
  ) {
    this.page = new Poll((abort) => this.ask(abort), 2000);
  }

  close(): void {
    this.page.close();
  }

  show(past: Past): void {
    if (JSON.stringify(past) === JSON.stringify(this.past)) return;
    this.past = past;
    void this.page.now();
  }

  private async ask(abort: AbortSignal): Promise<TransitionPage> {
    const { past } = this;
    const key = JSON.stringify([past, this.store.list.value.peek()?.sequence]);
    const last = this.page?.value.peek();
    if (last && key === this.known) return last; // nothing has changed; what leaves a moving range is cut off when it is drawn
    const { after, before } = windowOf(past.range, this.store.clock.now());
    const page = await fetchTransitions({ after, before, scope: this.store.host, host: past.host, role: past.role, most: mostChanges }, abort);
    this.known = key;
    this.of.value = past;
    return page;
  }
}

/** One alert with what became of its notifications. */
export class DetailStore {
  readonly detail: Poll<AlertDetail>;
  readonly deliveries: Poll<Delivery[]>;
  /** It is not there, and never was. */
  readonly unknown = signal(false);

  constructor(key: AlertKey) {
    this.detail = new Poll(async (abort) => {
      try {
        return await fetchAlert(key, abort);
      } catch (err) {
        this.unknown.value = err instanceof ApiError && err.status === 404;
        throw err;
      }
    }, 2000);
    this.deliveries = new Poll((abort) => fetchDeliveries(key, abort), 4000);
  }

  close(): void {
    this.detail.close();
    this.deliveries.close();
  }
}
