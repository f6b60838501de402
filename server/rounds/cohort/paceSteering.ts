import { LIMITS } from "../../../shared/protocol/limits.ts";
import { WORTH_LEAVING_MS } from "../../../shared/protocol/pace.ts";

export interface PaceSituation {
  /** Clients seen lately, connected or not. */
  readonly population: number;
  /** Clients that a full cohort has: goal x over-selection. */
  readonly wanted: number;
  /** How long a round is expected to take, milliseconds. */
  readonly roundMs: number;
}

/** Up to so many clients nobody is sent away: an idle connection costs a few bytes a minute. */
const CROWD = 1000;

/**
 * When a client that was not picked should be back: uniform within the window, undefined for "stay". A small population
 * stays connected, so all of it is there when a round opens. A large one is spread: each client comes once in
 * population / wanted rounds on average, so that about `wanted` arrive per round and never a crowd at once. Beyond an
 * hour's wait more come than are wanted, since no client is sent away for longer.
 * Source: pace steering, Bonawitz et al. 2019, section 2.3, arXiv:1902.01046.
 */
export function paceWindow(situation: PaceSituation): { readonly minMs: number; readonly maxMs: number } | undefined {
  const { population, wanted, roundMs } = situation;
  if (population <= CROWD) return undefined;
  const meanMs = Math.min((population / wanted) * roundMs, LIMITS.maxRetryAfterMs / 1.5);
  if (meanMs / 2 < WORTH_LEAVING_MS) return undefined;
  return { minMs: Math.round(meanMs / 2), maxMs: Math.round(1.5 * meanMs) };
}
