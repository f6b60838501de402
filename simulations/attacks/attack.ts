import type { Rng } from "../../shared/base/rng.ts";

/** What hostile clients know: everything. They act together and after all others. */
export interface AttackScene {
  /** Deltas of the honest clients of the attempt, at least one, [numParams] each; only read. */
  readonly honest: readonly Float32Array[];
  /** Clients that attack, >= 1. */
  readonly numHostile: number;
  /** The previous aggregate, [numParams]; undefined before the first. */
  readonly previous: Float64Array | undefined;
  readonly rng: Rng;
}

/** The deltas that hostile clients send, one each, [numParams]; clients may send the same array. */
export type Attack = (scene: AttackScene) => readonly Float32Array[];
