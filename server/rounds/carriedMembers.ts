import { type Member, nextAttempt, type RoundState } from "./roundState.ts";
import { isWaitedFor } from "./transition.ts";

export interface CarryOptions {
  readonly nowMs: number;
  /** Of an offer, from when it went out. */
  readonly deadlineMs: number;
  /** When the offer of a ticket went out; undefined for one that is not remembered. */
  readonly offeredAtMs: (ticket: string) => number | undefined;
}

/**
 * Members of an asynchronous run who go on into the next attempt with what they were offered in an earlier one: those still
 * waited for, neither too far behind nor beyond the deadline of their offer. Without it clients that never answer would
 * hold their places for ever: where they hold so many that no buffer fills, no commit makes them stale.
 * @throws TypeError while a round is open.
 */
export function carriedMembers(state: RoundState, options: CarryOptions): readonly Member[] {
  const { nowMs, deadlineMs, offeredAtMs } = options;
  if (state.maxStaleness === 0) return [];
  const { round } = nextAttempt(state);
  return state.members.filter((member) => {
    const ageMs = nowMs - (offeredAtMs(member.ticket) ?? Number.NEGATIVE_INFINITY);
    return mayGoOn(member, round, state.maxStaleness) && ageMs < deadlineMs;
  });
}

/** Whether a member is waited for and not too far behind for a round. */
export function mayGoOn(member: Member, round: number, maxStaleness: number): boolean {
  return isWaitedFor(member) && round - member.baseVersion <= maxStaleness;
}
