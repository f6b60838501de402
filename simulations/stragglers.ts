import { createRng, shuffle } from "../shared/base/rng.ts";

/** Members that cannot finish in time, and what becomes of their work. */
export interface StragglerPlan {
  /** Share of each cohort, rounded, 0..1. */
  readonly fraction: number;
  /** "drop": they never answer. "partial": they train for fewer epochs, drawn uniformly from 1 to all, and answer. */
  readonly work: "drop" | "partial";
}

/** Source: Li et al. 2020, section 5.2 (systems heterogeneity), arXiv:1812.06127. */
export interface Stragglers {
  /** Draws the stragglers of a cohort; those of an earlier one keep what was drawn for them. */
  choose(round: number, attempt: number, cohort: readonly number[]): void;
  /** What a client manages of the work offered in that round: so many epochs, everything, or nothing. */
  epochsOf(round: number, client: number): number | "all" | "none";
}

/** Source of the draw: the seed, the round and the cohort alone. */
export function createStragglers(plan: StragglerPlan | undefined, seed: number, epochs: number): Stragglers {
  const drawn = new Map<number, Map<number, number | "none">>();
  return {
    choose(round, attempt, cohort) {
      if (plan === undefined) return;
      const rng = createRng(seed, "stragglers", round, attempt);
      const order = [...cohort];
      shuffle(order, rng);
      const slow = order.slice(0, Math.round(plan.fraction * cohort.length));
      const work = slow.map((client) => [client, plan.work === "drop" ? "none" : 1 + rng.nextBelow(epochs)] as const);
      drawn.set(round, new Map(work));
      drawn.delete(round - ROUNDS_KEPT);
    },
    epochsOf: (round, client) => drawn.get(round)?.get(client) ?? "all",
  };
}

/** Work of older rounds is too far behind to be answered. */
const ROUNDS_KEPT = 128;
