import {
  type LiveStatus,
  parseLiveStatus,
  parseRoundHistory,
  parseRoundSummary,
  parseRunStatus,
  type RoundSummary,
  type RunFacts,
} from "headwater";

/** `connecting`: nothing was shown yet. `lost`: it was there before, and is tried again. `broken`: it answers nonsense. */
export type Link = "connecting" | "live" | "lost" | "broken";

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15_000;

/**
 * The run as its coordinator tells it, kept current over server-sent events. While the coordinator is away, the last
 * known picture stays and the connection is tried again with growing, jittered waits, or at once by `retry()`.
 */
export class RunFeed {
  link: Link = $state("connecting");
  run: RunFacts | undefined = $state.raw();
  live: LiveStatus | undefined = $state.raw();
  /** Committed rounds, oldest first. */
  rounds: readonly RoundSummary[] = $state.raw([]);
  /** When `live` arrived, by `performance.now()`: deadlines count from there. */
  liveAtMs = $state(0);
  /** Why the feed is not live, in a sentence. */
  problem = $state("");

  #source: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;

  open(): void {
    this.#connect();
    addEventListener("online", this.retry);
  }

  close(): void {
    removeEventListener("online", this.retry);
    this.#drop();
  }

  retry = (): void => {
    if (this.link !== "live") this.#connect();
  };

  #connect(): void {
    this.#drop();
    const source = new EventSource("api/events");
    this.#source = source;
    source.addEventListener("error", () => this.#lose("The coordinator does not answer.", "lost"));
    this.#on("status", (data) => {
      const { run, live } = parseRunStatus(data);
      const isFirst = this.link !== "live";
      if (this.run?.runId !== run.runId) this.rounds = [];
      this.run = run;
      this.#show(live);
      this.link = "live";
      this.problem = "";
      this.#failures = 0;
      if (isFirst) void this.#loadHistory();
    });
    this.#on("cohort", (data) => this.#show(parseLiveStatus(data)));
    this.#on("round", (data) => this.#addRounds([parseRoundSummary(data)]));
  }

  #on(event: string, take: (data: unknown) => void): void {
    this.#source?.addEventListener(event, ({ data }: MessageEvent<string>) => {
      try {
        take(JSON.parse(data));
      } catch (error) {
        this.#lose(`The coordinator speaks another language: ${textOf(error)}`, "broken");
      }
    });
  }

  #show(live: LiveStatus): void {
    this.live = live;
    this.liveAtMs = performance.now();
  }

  async #loadHistory(): Promise<void> {
    try {
      const response = await fetch("api/rounds");
      if (!response.ok) throw new Error(`api/rounds answered ${response.status}`);
      this.#addRounds(parseRoundHistory(await response.json()).rounds);
    } catch (error) {
      this.#lose(`The rounds so far could not be read: ${textOf(error)}`, "broken");
    }
  }

  /** Events and history overlap, so a round replaces its earlier self. */
  #addRounds(more: readonly RoundSummary[]): void {
    const byRound = new Map(this.rounds.map((summary) => [summary.round, summary]));
    for (const summary of more) byRound.set(summary.round, summary);
    this.rounds = [...byRound.values()].sort((a, b) => a.round - b.round);
  }

  #lose(problem: string, how: "lost" | "broken"): void {
    this.#drop();
    this.problem = problem;
    this.link = how === "lost" && this.run === undefined && this.#failures === 0 ? "connecting" : how;
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 10);
    this.#timer = setTimeout(() => this.#connect(), longest * (0.5 + Math.random() / 2));
  }

  #drop(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = undefined;
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
