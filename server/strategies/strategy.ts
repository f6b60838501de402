import type { Metrics } from "../../shared/protocol/metrics.ts";
import type { StoredDelta } from "./robust/updateRows.ts";

/** Everything that a strategy knows between two rounds. A value: a round makes a new one. */
export interface ServerState {
  /** Global params, [numParams]; rounded once to f32. */
  readonly params: Float32Array;
  /** What else it keeps, by name: moments of an optimizer, control variates, further models. Empty for FedAvg. */
  readonly vectors: ReadonlyMap<string, Float64Array>;
}

/** One accepted update as a strategy sees it; everything in it was checked and is only read. */
export interface Contribution {
  /** Public key in hex, or the number of a virtual client. */
  readonly clientId: string;
  /** Aggregation weight: the client's example count, a whole number >= 1. */
  readonly weight: number;
  /** Commits between the params it trained from and the current ones; 0 when synchronous. */
  readonly staleness: number;
  /** local params - received params, [numParams]. */
  readonly delta: Float32Array;
  /** Where the same delta lies on disk until the round has ended, if it does. */
  readonly storedDelta?: StoredDelta | undefined;
  /** What else it carries, by name, as `strategyNeeds` says. */
  readonly parts: ReadonlyMap<string, Float32Array>;
  /** Figures of the client. Those that `strategyNeeds` names are there and >= 0. */
  readonly metrics: Metrics;
  /** The params that it trained from, [numParams], where the strategy `needsBase`. */
  readonly base?: Float32Array;
}

/** What an update says of itself, before its vectors are there. */
export type Claim = Pick<Contribution, "clientId" | "metrics">;

/** What comes into a round from outside: the same again when the round is computed again. */
export interface RoundInputs {
  /** Hex; seeds what a rule draws (FLAME's noise). Drawn once an attempt, journaled. */
  readonly seed: string;
  /** Delta of a training on the server's own root data, where the aggregator needs one (FLTrust). */
  readonly rootDelta?: Float32Array;
}

/** The updates of one round attempt on their way into the next state. */
export interface RoundFold {
  readonly numUpdates: number;
  readonly totalWeight: number;
  /**
   * Asked before an update counts, for once it is durable nothing may refuse it: whether `add` can compute with what it says
   * of itself. A place that its client takes is kept for it. Absent where size and bounds are all there is to check.
   * @throws RangeError if not.
   */
  check?(claim: Claim): void;
  /** @throws RangeError, with nothing changed, if the update is beyond the plan's bounds. */
  add(contribution: Contribution): void;
  /**
   * The state after the round: the same bytes for every order of the same updates, on every machine.
   * @throws RangeError before the first update, or if a new param is not finite.
   */
  finish(inputs: RoundInputs): ServerState | Promise<ServerState>;
}

/** How a round's updates become the next global params, and what clients are handed out for it. */
export interface Strategy {
  /** Contributions must bring the params that they started from. */
  readonly needsBase?: true;
  /** Its params are one of several models: what they are worth on a test set says nothing of the run. */
  readonly hasSeveralModels?: true;
  /** `RoundInputs.rootDelta` must be there. */
  readonly needsRoot?: true;
  /** `RoundInputs.seed` decides something. */
  readonly needsSeed?: true;
  /** The state before round 0. */
  init(params: Float32Array): ServerState;
  /** What a client trains from: "params", and whatever `strategyNeeds` lists as handouts. Not to be written to. */
  handouts(state: ServerState, clientId: string): ReadonlyMap<string, Float32Array>;
  /** A fresh fold for one attempt at the round that follows this state. `round` counts from 0. */
  openRound(state: ServerState, round: number): RoundFold;
}
