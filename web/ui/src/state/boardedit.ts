import { computed, signal } from "@preact/signals";
import { decodeContent, fetchDashboard, isConflict, isGone, updateDashboard, type Content, type Dashboard, type Panel } from "../api/dashboards";
import { num, obj } from "../api/decode";
import { managed } from "./manage";
import { sameContent } from "./panels";
import { Poll } from "./poll";

export type BoardStatus = "loading" | "ready" | "unknown" | "error";

/** What became of an attempt to save. */
export type Saved = "saved" | "conflict" | "gone" | "refused";

const lookEvery = 10_000; // ms between looks whether somebody else changed the dashboard

/** A change that is not saved yet, and the version that it is made to. */
interface Draft {
  version: number;
  content: Content;
}

/**
 * A dashboard and the change to it that is under way. The change is kept for this tab until it is saved or given up, so that
 * leaving the page, or loading it again, loses nothing.
 */
export class BoardEdit {
  readonly saved = signal<Dashboard | null>(null);
  readonly status = signal<BoardStatus>("loading");
  private readonly draft = signal<Draft | null>(null);
  /** What is shown. */
  readonly content = computed<Content | null>(() => this.draft.value?.content ?? this.saved.value);
  readonly editing = computed(() => this.draft.value !== null);
  readonly dirty = computed(() => this.draft.value !== null && this.saved.value !== null && !sameContent(this.draft.value.content, this.saved.value));
  /** Somebody else saved the dashboard since this change began. */
  readonly overtaken = computed(() => this.draft.value !== null && this.saved.value !== null && this.draft.value.version < this.saved.value.version);
  private readonly poll: Poll<Dashboard | null>;
  private readonly watch: () => void;

  constructor(
    readonly id: string,
    private readonly storage: Pick<Storage, "getItem" | "setItem" | "removeItem"> = sessionStorage,
  ) {
    this.draft.value = this.stored();
    this.poll = new Poll((abort) => this.load(abort), lookEvery, (d) => this.receive(d));
    const failed = this.poll.error.subscribe((err) => {
      if (err !== null && this.status.peek() === "loading") this.status.value = "error";
    });
    const kept = this.draft.subscribe((d) => this.keep(d));
    this.watch = () => {
      failed();
      kept();
    };
  }

  close(): void {
    this.watch();
    this.poll.close();
  }

  /** Why the dashboard could not be read, or null. */
  get error(): string | null {
    return this.poll.error.value;
  }

  /** Tries again now. */
  again(): void {
    void this.poll.now();
  }

  begin(): void {
    const d = this.saved.peek();
    if (d && !this.draft.peek()) this.draft.value = { version: d.version, content: contentOf(d) };
  }

  /** Gives the change up, and looks what there is instead. */
  cancel(): void {
    this.draft.value = null;
    this.again();
  }

  change(c: Partial<Content>): void {
    const d = this.draft.peek();
    if (d) this.draft.value = { ...d, content: { ...d.content, ...c } };
  }

  /** Changes the panels; what does not change them is not noted. */
  arrange(f: (panels: readonly Panel[]) => readonly Panel[]): void {
    const before = this.draft.peek()?.content.panels;
    if (!before) return;
    const panels = f(before);
    if (panels !== before) this.change({ panels });
  }

  /** Saves the change; with `anyway` also over what somebody else saved meanwhile. Other errors are thrown. */
  async save(anyway = false): Promise<Saved> {
    const d = this.draft.peek();
    if (!d) return "saved";
    try {
      const version = anyway ? (await fetchDashboard(this.id, AbortSignal.timeout(20_000))).version : d.version;
      const saved = await managed((token) => updateDashboard(this.id, version, d.content, token));
      if (!saved) return "refused";
      this.saved.value = saved;
      this.draft.value = null;
      return "saved";
    } catch (err) {
      if (isConflict(err)) {
        await this.poll.now();
        return "conflict";
      }
      if (isGone(err)) return "gone";
      throw err;
    }
  }

  private async load(abort: AbortSignal): Promise<Dashboard | null> {
    try {
      return await fetchDashboard(this.id, abort);
    } catch (err) {
      if (isGone(err)) return null;
      throw err;
    }
  }

  private receive(d: Dashboard | null): void {
    const draft = this.draft.peek();
    if (!d && !draft) {
      this.status.value = "unknown";
      return;
    }
    if (d && d.version !== this.saved.peek()?.version) this.saved.value = d;
    // Of a dashboard that is gone, a change that is under way is what there is: it can be saved as a new one.
    else if (!d && !this.saved.peek()) this.saved.value = { id: this.id, version: draft!.version, name: "", description: "", last: draft!.content.last, panels: [], created: 0, changed: 0 };
    this.status.value = "ready";
  }

  private get key(): string {
    return `foster.dashboard.${this.id}`;
  }

  private stored(): Draft | null {
    try {
      const text = this.storage.getItem(this.key);
      if (text === null) return null;
      const o = obj(JSON.parse(text));
      return { version: num(o["version"]), content: decodeContent(o["content"]) };
    } catch {
      return null; // no storage, or not ours
    }
  }

  private keep(d: Draft | null): void {
    try {
      if (d) this.storage.setItem(this.key, JSON.stringify(d));
      else this.storage.removeItem(this.key);
    } catch {
      // Without storage it lasts as long as the page.
    }
  }
}

export function contentOf({ name, description, last, panels }: Content): Content {
  return { name, description, last, panels };
}
