import type { CoordinatorTiming } from "./run.ts";

export interface OpeningSituation {
  readonly nowMs: number;
  /** No round is opened before this. */
  readonly notBeforeMs: number;
  readonly numEligible: number;
  readonly numConnected: number;
  /** Clients that a full cohort has. */
  readonly wanted: number;
  readonly quorum: number;
  /** When the last newcomer came, or a quorum was there again. */
  readonly lastArrivalMs: number;
  /** Since when a round has been due and a quorum there. */
  readonly gatheringSinceMs: number;
}

/** Between two looks for clients that can be asked again: with no time between them nothing else would have its turn. */
const SOONEST_LOOK_MS = 100;

/** However newcomers stream in, a quorum waits for no more than this many times `gatherMs`. */
const MOST_GATHERS = 5;

/**
 * Milliseconds until the next round should be opened, 0 for now; undefined when only an arrival can help. A full cohort
 * is not waited with; a quorum gives others a moment to come, counted from the last arrival, so that clients that
 * connect at the same time take part in the same round. Arrivals put it off only so far: keys cost nothing.
 */
export function openingWait(situation: OpeningSituation, timing: CoordinatorTiming): number | undefined {
  const { nowMs, notBeforeMs, numEligible, numConnected, wanted, quorum } = situation;
  const pauseMs = Math.max(0, notBeforeMs - nowMs);
  if (numEligible >= wanted) return pauseMs;
  if (numEligible >= quorum) {
    const { lastArrivalMs, gatheringSinceMs } = situation;
    const untilMs = Math.min(lastArrivalMs + timing.gatherMs, gatheringSinceMs + MOST_GATHERS * timing.gatherMs);
    return Math.max(pauseMs, untilMs - nowMs);
  }
  // Some are resting after a decline and can be asked again later.
  return numConnected > numEligible ? Math.max(pauseMs, timing.declineMs, SOONEST_LOOK_MS) : undefined;
}
