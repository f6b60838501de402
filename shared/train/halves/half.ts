import type { Rng } from "../../base/rng.ts";
import type { NamedVectors, OwnRequest } from "../clientHalf.ts";
import type { LocalPlan } from "../localPlan.ts";
import type { LocalUpdate, Training } from "../localTrainer.ts";
import type { TrainingBench } from "../trainingBench.ts";

/** What a half adds to a local update. */
export interface HalfUpdate extends LocalUpdate {
  readonly parts?: NamedVectors;
  readonly metrics?: Readonly<Record<string, number>>;
  readonly kept?: NamedVectors;
}

export interface HalfTraining extends Pick<Training, "stepsTotal" | "run"> {
  finish(): HalfUpdate;
}

export interface HalfRound {
  /** What the client would predict with before it trains, [spec.length]; only read. */
  readonly own: Float32Array;
  start(rng: Rng): HalfTraining;
}

/** What clients do for one strategy, on one bench. */
export interface ClientHalf {
  /** Elements of what a client keeps, by name; its private params aside. */
  readonly keeps: Readonly<Record<string, number>>;
  /** Compiles what a training on so many examples needs. */
  compile(numExamples: number): void;
  /** A round, whose `request.params` are the client's already: its private ones included. */
  begin(request: OwnRequest): HalfRound;
}

export interface HalfOptions {
  readonly bench: TrainingBench;
  readonly plan: LocalPlan;
}

/** @throws RangeError if the offer did not hand it out, or in another length. */
export function handedOut({ handouts }: OwnRequest, name: string, length: number): Float32Array {
  const vector = handouts.get(name);
  if (vector?.length !== length) {
    throw new RangeError(
      `handout "${name}" expected ${length} elements, got ${vector === undefined ? "none" : vector.length}`,
    );
  }
  return vector;
}

/** The plan with a proximal term of the strategy's. @throws RangeError if it has one of its own. */
export function withProximal(plan: LocalPlan, proximal: number, strategy: string): LocalPlan {
  if ((plan.penalties?.proximal ?? 0) > 0) {
    throw new RangeError(
      `${strategy} expected a local plan without penalties.proximal, got ${plan.penalties?.proximal}; leave it out: the strategy adds its own`,
    );
  }
  return { ...plan, penalties: { ...plan.penalties, proximal } };
}
