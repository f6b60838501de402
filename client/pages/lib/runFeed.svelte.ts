import { type LiveStatus, parseRoundHistory, parseRunStatus, type RoundSummary, type RunFacts } from "headwater";
import { describeRun, type RunDescription, watchRun } from "headwater/client";
import { coordinatorUrl, here } from "./coordinatorUrl.ts";

/** `connecting`: nothing was shown yet. `lost`: it was there, or never came, and is tried again. `broken`: it answers nonsense. */
export type Link = "connecting" | "live" | "lost" | "broken";

/**
 * The run as its coordinator tells it. While the coordinator is away, the last known picture stays and the connection
 * is tried again with growing, jittered waits, or at once by `retry()`.
 */
export class RunFeed {
  link: Link = $state("connecting");
  run: RunFacts | undefined = $state.raw();
  live: LiveStatus | undefined = $state.raw();
  /** Committed rounds, oldest first. */
  rounds: readonly RoundSummary[] = $state.raw([]);
  /** Plan and model with their hashes computed here: what a person agrees to, and what joining then insists on. */
  description: RunDescription | undefined = $state.raw();
  /** Why there is no description, in a sentence. */
  mismatch = $state("");
  /** When `live` arrived, by `performance.now()`: deadlines count from there. */
  liveAtMs = $state(0);
  /** Why the feed is not live, in a sentence. */
  problem = $state("");

  #stop: (() => void) | undefined;

  open(): void {
    this.#stop = watchRun(coordinatorUrl, (event) => {
      switch (event.kind) {
        case "online":
          break;
        case "offline":
          void this.#explain();
          break;
        case "status":
          this.#begin(event.status.run);
          this.#show(event.status.live);
          break;
        case "cohort":
          this.#show(event.live);
          break;
        case "round":
          this.#addRounds([event.round]);
          break;
      }
    });
    addEventListener("online", this.retry);
  }

  close(): void {
    removeEventListener("online", this.retry);
    this.#stop?.();
  }

  retry = (): void => {
    if (this.link === "live") return;
    this.close();
    this.open();
  };

  /** A connection begins with the run; rounds of the time between are in the history. */
  #begin(run: RunFacts): void {
    const isNew = this.link !== "live";
    if (this.run?.runId !== run.runId) {
      this.rounds = [];
      this.description = undefined;
    }
    this.run = run;
    this.link = "live";
    this.problem = "";
    if (isNew) void this.#loadHistory();
    if (isNew && this.description === undefined) void this.#describe();
  }

  #show(live: LiveStatus): void {
    this.live = live;
    this.liveAtMs = performance.now();
  }

  async #loadHistory(): Promise<void> {
    try {
      this.#addRounds(parseRoundHistory(await fetchJson(here.api("rounds"))).rounds);
    } catch (error) {
      this.problem = `The rounds so far could not be read: ${textOf(error)}`;
    }
  }

  async #describe(): Promise<void> {
    try {
      this.description = await describeRun(coordinatorUrl);
      this.mismatch = "";
    } catch (error) {
      this.mismatch = textOf(error);
    }
  }

  /** Events and history overlap, so a round replaces its earlier self. */
  #addRounds(more: readonly RoundSummary[]): void {
    const byRound = new Map(this.rounds.map((summary) => [summary.round, summary]));
    for (const summary of more) byRound.set(summary.round, summary);
    this.rounds = [...byRound.values()].sort((a, b) => a.round - b.round);
  }

  /** Away, or there but not understood? */
  async #explain(): Promise<void> {
    this.link = "lost";
    this.problem = "The coordinator does not answer.";
    let status: unknown;
    try {
      status = await fetchJson(here.api("status"));
    } catch {
      return; // away, as said
    }
    try {
      parseRunStatus(status);
    } catch (error) {
      this.link = "broken";
      this.problem = `The coordinator speaks another version: ${textOf(error)}.`;
    }
  }
}

async function fetchJson(address: URL): Promise<unknown> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address.pathname} answered ${response.status}`);
  return response.json();
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
