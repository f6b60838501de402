import type { Candidate, PickPlaces } from "./candidate.ts";
import { highestPlaces } from "./highestPlaces.ts";
import type { Participation } from "./participationHistory.ts";
import { weighted } from "./weighted.ts";

export interface PowerOfChoiceOptions {
  /** d, candidates per cohort; at least the cohort is drawn. d = size is sampling by data alone. */
  readonly candidates: number;
  /** Cap on the examples that a client may claim. */
  readonly maxWeight: number;
}

/**
 * Power-of-choice in its variant without extra communication (rpow-d): d candidates drawn in proportion to their data,
 * and of those the ones with the highest loss, as they last reported it. A client that was never asked comes first.
 * Deviations: one that was asked and gave no loss is taken for average, so that silence is neither reward nor exclusion;
 * the loss is the client's mean over its local training, not that of the received params. It is the client's own word:
 * who wants to be picked may report a high one. Who then does not answer would keep it, and is a candidate less and less
 * often instead (`restSilent`).
 * Source: Cho, Wang and Joshi 2020, arXiv:2010.01243.
 */
export function powerOfChoice({ candidates, maxWeight }: PowerOfChoiceOptions): PickPlaces {
  const byData = weighted(maxWeight);
  return (request) => {
    const { eligible, size, rng, history } = request;
    const numDrawn = Math.min(Math.max(candidates, size), eligible.length);
    const drawn = byData({ ...request, size: numDrawn });
    const past = Array.from(drawn, (place) => history.of((eligible[place] as Candidate).id));
    const average = meanLoss(past);
    const scores = Float64Array.from(past, (one) =>
      one === undefined || one.asked === 0 ? Number.POSITIVE_INFINITY : (one.trainLoss ?? average),
    );
    return highestPlaces(scores, size, rng).map((at) => drawn[at] as number);
  };
}

function meanLoss(past: readonly (Participation | undefined)[]): number {
  const losses = past.flatMap((one) => one?.trainLoss ?? []);
  return losses.reduce((sum, loss) => sum + loss, 0) / Math.max(losses.length, 1);
}
