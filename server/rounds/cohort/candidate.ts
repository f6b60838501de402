import type { Rng } from "../../../shared/base/rng.ts";
import type { ParticipationHistory } from "./participationHistory.ts";

/** A client that may be asked now. */
export interface Candidate {
  readonly id: string;
  /** What it says it could train on, >= 1: a hint. */
  readonly numExamples: number;
}

/** What a cohort is picked from. */
export interface CohortRequest {
  /** Distinct clients in an order that does not depend on chance: sorted by id. */
  readonly eligible: readonly Candidate[];
  /** Clients wanted, >= 1. */
  readonly size: number;
  /** The round that opens, from 0. */
  readonly round: number;
  readonly rng: Rng;
  readonly history: Pick<ParticipationHistory, "of">;
}

/** Exactly `size` distinct places in `eligible`, which holds more than `size`; their order means nothing. */
export type PickPlaces = (request: CohortRequest) => ArrayLike<number>;
