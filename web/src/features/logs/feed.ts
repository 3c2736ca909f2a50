import { asApiError } from "@/api/errors";
import type { Environment } from "@/api/types";
import { serverSentEvents, textLines } from "@/lib/events";
import { Store } from "@/lib/store";
import { parsed, type Line } from "./line";
import { follow, MOST_LINES, readWindow, type Wanted } from "./queries";

export type Shown = {
  lines: Line[];
  /** Came while it was paused. */
  waiting: number;
  state: "loading" | "live" | "away" | "over" | "read";
  /** Why nothing more comes, in the plane's words. */
  end: string | null;
  error: Error | null;
  /** Older ones were let go. */
  cut: boolean;
};
const NOTHING: Shown = { lines: [], waiting: 0, state: "loading", end: null, error: null, cut: false };
const GATHER_MILLISECONDS = 100;
const FIRST_WAIT_MILLISECONDS = 500;
const LONGEST_WAIT_MILLISECONDS = 10_000;

/** Lines of one log as they come, told a few times a second however many there are, and never more than the most. */
export class Feed {
  readonly shown = new Store<Shown>(NOTHING);
  #gathered: Line[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;
  #paused = false;

  /** Begins anew; call what it returns to end it. */
  start(environment: Environment, wanted: Wanted): () => void {
    const stop = new AbortController();
    this.#gathered = [];
    this.shown.set(NOTHING);
    const reading = wanted.until ? this.#read(environment, wanted, stop.signal) : this.#follow(environment, wanted, stop.signal);
    reading.catch((error: unknown) => {
      if (!stop.signal.aborted) this.#set({ state: "over", error: asApiError(error) });
    });
    return () => { stop.abort(); };
  }

  pause(paused: boolean): void {
    this.#paused = paused;
    this.#tell();
  }

  async #read(environment: Environment, wanted: Wanted, signal: AbortSignal): Promise<void> {
    const { stream } = await readWindow(environment, wanted, signal);
    let count = 0;
    if (stream)
      for await (const json of textLines(stream)) {
        if (signal.aborted) return;
        this.#take(parsed(json, String((count += 1))));
      }
    this.#tell();
    this.#set({ state: "read", cut: count >= MOST_LINES });
  }

  async #follow(environment: Environment, wanted: Wanted, signal: AbortSignal): Promise<void> {
    let after = "";
    let wait = FIRST_WAIT_MILLISECONDS;
    while (!signal.aborted) {
      try {
        const { stream } = await follow(environment, wanted, after, signal);
        this.#set({ state: "live", error: null });
        if (stream)
          for await (const event of serverSentEvents(stream)) {
            if (signal.aborted) return;
            if (event.name === "end") {
              this.#tell();
              this.#set({ state: "over", end: (JSON.parse(event.data) as { message: string }).message });
              return;
            }
            after = event.id;
            wait = FIRST_WAIT_MILLISECONDS;
            this.#take(parsed(event.data, event.id));
          }
      } catch (error) {
        const known = asApiError(error);
        if (!known.passes) throw known;
        // A refusal that passes (too many follow, the plane is busy) is told while it is tried again.
        if (!signal.aborted && known.status) this.#set({ error: known });
      }
      if (signal.aborted) return;
      this.#set({ state: "away" });
      await pause(wait, signal);
      wait = Math.min(2 * wait, LONGEST_WAIT_MILLISECONDS);
    }
  }

  #take(line: Line): void {
    this.#gathered.push(line);
    if (this.#gathered.length > MOST_LINES) this.#gathered.splice(0, this.#gathered.length - MOST_LINES);
    this.#timer ??= setTimeout(() => { this.#tell(); }, GATHER_MILLISECONDS);
  }

  #tell(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const { lines } = this.shown.get();
    if (this.#paused) {
      this.#set({ waiting: this.#gathered.length });
      return;
    }
    const all = this.#gathered.length ? [...lines, ...this.#gathered] : lines;
    this.#gathered = [];
    this.#set({ lines: all.slice(-MOST_LINES), waiting: 0, ...(all.length > MOST_LINES && { cut: true }) });
  }

  #set(change: Partial<Shown>): void {
    this.shown.set({ ...this.shown.get(), ...change });
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); });
  });
}
