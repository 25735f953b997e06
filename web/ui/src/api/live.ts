import { decodeHost, decodeLive } from "./decode";
import type { Host, LiveBatch } from "./types";
import { hostPath } from "./client";

export interface LiveHandlers {
  /** Asked at every (re)connect: the charts to follow and the time after which their points are missing. */
  request(): { charts: string[]; after: number };
  points(batch: LiveBatch): void;
  chartsChanged(): void;
  host(host: Host): void;
  /** Called on every change; `again` is true when a broken connection came back. */
  connected(up: boolean, again: boolean): void;
}

/** The part of EventSource that the feed uses. */
export interface EventStream {
  addEventListener(type: string, listener: (e: MessageEvent<string>) => void): void;
  close(): void;
}

const settle = 200; // ms the set of charts must rest before the stream is opened again for additions
const shrink = 3000; // ms to wait when charts only left: their points are merely superfluous
const silence = 20_000; // ms without any event (the server sends one every few seconds) until the stream counts as dead
const firstRetry = 500;
const lastRetry = 10_000;

/**
 * The server-sent events of one host. The browser's own reconnect would repeat the first request and its outdated `after`,
 * so a broken stream is closed and opened anew, with growing pauses, from where the charts in view stand by then.
 */
export class LiveFeed {
  private stream: EventStream | null = null;
  private following = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private watchdog: ReturnType<typeof setTimeout> | undefined;
  private retry = firstRetry;
  private up: boolean | null = null; // null: never tried
  private broken = false;
  private stopped = true;

  constructor(
    private readonly hostName: string,
    private readonly handlers: LiveHandlers,
    private readonly open: (url: string) => EventStream = (url) => new EventSource(url),
  ) {}

  start(): void {
    this.stopped = false;
    this.schedule(0);
  }

  /** Closes the stream until start() is called again. */
  stop(): void {
    this.stopped = true;
    this.disconnect();
  }

  /** Tells the feed that the set of charts in view changed; `force` when a followed chart also needs older points. */
  changed(force = false): void {
    if (this.stopped) return;
    if (!this.stream) return; // a reconnect is due anyway and will ask for the new set
    const wanted = this.handlers.request().charts;
    if (force || wanted.some((id) => !this.following.has(id))) this.schedule(settle);
    else if (wanted.length < this.following.size) this.schedule(shrink);
    else this.unschedule();
  }

  private schedule(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), ms);
  }

  private unschedule(): void {
    clearTimeout(this.timer);
  }

  private disconnect(): void {
    clearTimeout(this.timer);
    clearTimeout(this.watchdog);
    this.stream?.close();
    this.stream = null;
  }

  private connect(): void {
    this.disconnect();
    const { charts, after } = this.handlers.request();
    this.following = new Set(charts);
    const params = new URLSearchParams();
    for (const id of charts) params.append("chart", id);
    params.append("after", String(Math.floor(after)));
    const stream = this.open(`${hostPath(this.hostName)}/api/foster/v1/live?${params.toString()}`);
    this.stream = stream;
    this.watch();

    const on = (type: string, handle: (data: unknown) => void) => {
      stream.addEventListener(type, (e) => {
        if (this.stream !== stream) return;
        this.alive();
        let data: unknown;
        try {
          data = JSON.parse(e.data);
        } catch {
          return; // half an event of a server going down
        }
        handle(data);
      });
    };
    stream.addEventListener("open", () => {
      if (this.stream === stream) this.alive();
    });
    stream.addEventListener("error", () => {
      if (this.stream === stream) this.failed();
    });
    on("points", (data) => this.handlers.points(decodeLive(data)));
    on("charts", () => this.handlers.chartsChanged());
    on("host", (data) => this.handlers.host(decodeHost(data)));
  }

  private watch(): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.failed(), silence);
  }

  private alive(): void {
    this.watch();
    this.retry = firstRetry;
    if (this.up === true) return;
    this.up = true;
    this.handlers.connected(true, this.broken);
    this.broken = false;
  }

  private failed(): void {
    this.disconnect();
    this.broken = true;
    if (this.up !== false) {
      this.up = false;
      this.handlers.connected(false, false);
    }
    // Spread the returning pages of a restarted server over the pause.
    this.schedule(this.retry * (0.7 + Math.random() * 0.6));
    this.retry = Math.min(lastRetry, this.retry * 2);
  }
}
