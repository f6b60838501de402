import { assertNever, assertPositiveInteger } from "../../../shared/base/assert.ts";
import type { CohortPlan, SamplerPlan } from "../../../shared/protocol/cohortPlan.ts";
import type { Candidate, CohortRequest, PickPlaces } from "./candidate.ts";
import { oort } from "./oort.ts";
import { powerOfChoice } from "./powerOfChoice.ts";
import { roundRobin } from "./roundRobin.ts";
import { uniform } from "./uniform.ts";
import { weighted } from "./weighted.ts";

export interface CohortSampler {
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
  const pickPlaces = samplerOf(plan.cohort.sampler ?? { kind: "uniform" }, plan.maxWeight);
  return {
    pick(request) {
      const { eligible, size } = request;
      assertPositiveInteger("size", size);
      if (eligible.length <= size) return eligible.map(({ id }) => id);
      return Array.from(Uint32Array.from(pickPlaces(request)).sort(), (place) => (eligible[place] as Candidate).id);
    },
  };
}

function samplerOf(sampler: SamplerPlan, maxWeight: number): PickPlaces {
  switch (sampler.kind) {
    case "uniform":
      return uniform;
    case "weighted":
      return weighted(maxWeight);
    case "round-robin":
      return roundRobin;
    case "power-of-choice":
      return powerOfChoice({ candidates: sampler.candidates, maxWeight });
    case "oort":
      return oort(sampler);
    default:
      return assertNever(sampler);
  }
}
