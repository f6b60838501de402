import type { Rng } from "../../shared/base/rng.ts";
import { createCohortSampler } from "./cohort/cohortSampler.ts";

export { selectionSize } from "./cohort/selectionSize.ts";

const uniform = createCohortSampler({ cohort: {}, maxWeight: 1 });

/** The uniform cohort sampler for those who know ids alone. */
export function uniformSampler(eligible: readonly string[], size: number, rng: Rng): readonly string[] {
  const candidates = eligible.map((id) => ({ id, numExamples: 1 }));
  return uniform.pick({ eligible: candidates, size, round: 0, rng, history: { of: () => undefined } });
}
