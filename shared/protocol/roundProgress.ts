import * as v from "valibot";
import { counter, integer, phase } from "./fields.ts";
import { LIMITS } from "./limits.ts";
import { type Parser, parserOf } from "./parseWith.ts";

/** coordinator -> client, event `round`: where the round stands. For people, and a hint for a client that hears of no commit. */
const roundProgressSchema = v.strictObject({
  /** The round, from 0. */
  round: counter,
  /** The attempt at it, from 0. */
  attempt: counter,
  /** Its phase. */
  phase,
  /** Clients selected. */
  cohort: integer(0, LIMITS.maxCounter),
  /** Updates that close the round. */
  goal: integer(0, LIMITS.maxCounter),
  /** Updates durable so far. */
  accepted: integer(0, LIMITS.maxCounter),
  /** Milliseconds until the deadline; null while none runs. */
  remainingMs: v.nullable(integer(0, LIMITS.maxDeadlineMs)),
});

export type RoundProgress = v.InferOutput<typeof roundProgressSchema>;

/** @throws ProtocolError MALFORMED. */
export const parseRoundProgress: Parser<RoundProgress> = parserOf("round", roundProgressSchema);
