import { squaredDistances } from "../program.ts";
import { averageRows } from "../rowMix.ts";
import type { PreStep } from "./preStep.ts";

/**
 * NNM: each row becomes the mean of the n - byzantine rows nearest to it, itself among them; of equally near ones the
 * earlier clients.
 * Source: Allouah et al. 2023, Algorithm 2, arXiv:2302.01772.
 */
export function nearestNeighbourMixing(byzantine: number): PreStep {
  return function* (view) {
    const distances = yield* squaredDistances(view);
    const groups = distances.map((ofRow) => {
      const byDistance = distances.map((_, i) => i).sort((a, b) => (ofRow[a] as number) - (ofRow[b] as number));
      return byDistance.slice(0, distances.length - byzantine);
    });
    return averageRows(view.mix, groups);
  };
}
