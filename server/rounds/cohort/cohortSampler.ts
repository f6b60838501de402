import { assertNever, assertPositiveInteger } from "../../../shared/base/assert.ts";
import type { CohortPlan, SamplerPlan } from "../../../shared/protocol/cohortPlan.ts";
import type { Candidate, CohortRequest, PickPlaces } from "./candidate.ts";
import { oort } from "./oort.ts";
import { powerOfChoice } from "./powerOfChoice.ts";
import { restSilent } from "./restSilent.ts";
import { roundRobin } from "./roundRobin.ts";
import { uniform } from "./uniform.ts";
import { weighted } from "./weighted.ts";

export interface CohortSampler {
  /** Whether cohorts depend on who took part before; where none does, no history need be kept. */
  readonly looksBack: boolean;
  /**
   * Distinct ids of `eligible`, in its order: exactly `size` of them, or all when there are no more. The seeded generator
   * makes a simulation repeatable; a coordinator seeds it from the platform's secure randomness.
   * @throws TypeError or RangeError unless `size` is a positive whole number.
   */
  pick(request: CohortRequest): readonly string[];
}

/** The cohort sampler that a plan asks for. */
export function createCohortSampler(plan: {
  readonly cohort: Pick<CohortPlan, "sampler">;
  readonly maxWeight: number;
}): CohortSampler {
  const { pickPlaces, looksBack } = samplerOf(plan.cohort.sampler ?? { kind: "uniform" }, plan.maxWeight);
  return {
    looksBack,
    pick(request) {
      const { eligible, size } = request;
      assertPositiveInteger("size", size);
      if (eligible.length <= size) return eligible.map(({ id }) => id);
      return Array.from(Uint32Array.from(pickPlaces(request)).sort(), (place) => (eligible[place] as Candidate).id);
    },
  };
}

function samplerOf(
  sampler: SamplerPlan,
  maxWeight: number,
): { readonly pickPlaces: PickPlaces; readonly looksBack: boolean } {
  switch (sampler.kind) {
    case "uniform":
      return { pickPlaces: uniform, looksBack: false };
    case "weighted":
      return { pickPlaces: weighted(maxWeight), looksBack: false };
    case "round-robin":
      return { pickPlaces: roundRobin, looksBack: true };
    case "power-of-choice":
      return { pickPlaces: restSilent(powerOfChoice({ candidates: sampler.candidates, maxWeight })), looksBack: true };
    case "oort":
      return { pickPlaces: restSilent(oort(sampler)), looksBack: true };
    default:
      return assertNever(sampler);
  }
}
