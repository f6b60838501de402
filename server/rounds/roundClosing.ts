import type { ContentHash } from "../../shared/base/hash.ts";
import type { RoundSummary } from "../../shared/protocol/runStatus.ts";
import type { JournalEventOf } from "../store/journalEvent.ts";
import type { SealedInputs } from "./globalModel.ts";
import type { RoundContext } from "./roundContext.ts";
import { summaryOf } from "./roundSummaries.ts";

export interface RoundClosingOptions {
  readonly context: RoundContext;
  /** The seal of the open attempt, where the journal has it already. */
  readonly sealed: JournalEventOf<"round-sealed"> | undefined;
  readonly onCommit: (summary: RoundSummary) => void;
}

/** Ends an attempt: seal, aggregate, commit, or abort. Each may be run again after a fault of the disk was mended. */
export interface RoundClosing {
  close(headerHashes: readonly ContentHash[], totalWeight: number): Promise<void>;
  abort(reason: string): Promise<void>;
}

export function createRoundClosing({ context, onCommit, ...options }: RoundClosingOptions): RoundClosing {
  const { run, ports, timing, model, pace, activity, summaries, bytes } = context;
  const { store, clock, logger, broadcaster } = ports;
  let { sealed } = options;

  function leaveAttempt(): void {
    if (run.plan.maxStaleness > 0) return; // members go on with their work, and are waited for as before
    context.presence.clear();
    context.uploads.clear();
  }

  /** Journals the final set and what the aggregate needs beside it: drawn once, whatever happens after. */
  async function seal(headerHashes: readonly ContentHash[]): Promise<SealedInputs> {
    const { round, attempt } = context.state();
    if (sealed?.round !== round || sealed.attempt !== attempt) {
      const inputs = await model.drawInputs();
      const at = { round, attempt, headerHashes: [...headerHashes] };
      const event: JournalEventOf<"round-sealed"> = { kind: "round-sealed", ...at, ...inputs };
      await store.append(event);
      sealed = event;
    }
    const { seed, rootDeltaHash } = sealed;
    return { ...(seed !== undefined && { seed }), ...(rootDeltaHash && { rootDeltaHash }) };
  }

  async function close(headerHashes: readonly ContentHash[], totalWeight: number): Promise<void> {
    const { round, attempt, version, members } = context.state();
    const at = { round, attempt };
    leaveAttempt();
    try {
      await model.aggregate(await seal(headerHashes));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      context.dispatch({ type: "failed", ...at, reason: error.message });
      return;
    }
    context.dispatch({ type: "aggregated", ...at });
    const commit = await model.commit(
      { ...at, version, headerHashes, totalWeight },
      {
        cohort: members.length,
        accepted: headerHashes.length,
        uplinkBytes: bytes.roundUplink,
        downlinkBytes: bytes.roundDownlink,
        seconds: Math.round(clock.nowMs() - pace.openedAtMs) / 1000,
      },
    );
    pace.failedAttempts = 0;
    pace.notBeforeMs = pace.openedAtMs + timing.minRoundMs;
    const summary = summaryOf(round, commit.paramsHash, commit.metrics);
    summaries.add(summary);
    context.published.add(commit.paramsHash);
    activity.add("round-committed", { round });
    context.dispatch({ type: "committed", ...at });
    broadcaster.broadcast("commit", commit);
    onCommit(summary); // nothing may fail from here on: this work would be done again
  }

  async function abort(reason: string): Promise<void> {
    const { round, attempt } = context.state();
    leaveAttempt();
    logger.info({ round, attempt, reason }, "attempt aborted");
    activity.add("round-aborted", { round, reason });
    const waitMs = Math.min(timing.maxRetryMs, timing.retryMs * 2 ** Math.min(pace.failedAttempts, 10));
    pace.notBeforeMs = clock.nowMs() + waitMs;
    pace.failedAttempts++;
    await store.append({ kind: "round-aborted", round, attempt, reason: reason.slice(0, 1000) });
  }

  return { close, abort };
}
