import type { PickPlaces } from "./candidate.ts";
import { drawWeighted } from "./drawWeighted.ts";

/**
 * In proportion to the data: min(numExamples, maxWeight), without replacement. Clients say themselves how much they have:
 * the cap bounds what an exaggeration gains, and aggregation weighs by what was signed, as ever. With the weighted mean
 * large clients count twice, by being picked and by their weight.
 */
export function weighted(maxWeight: number): PickPlaces {
  return ({ eligible, size, rng }) => {
    const weights = eligible.map(({ numExamples }) => Math.min(numExamples, maxWeight));
    return drawWeighted(weights, size, rng);
  };
}
