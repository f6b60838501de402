import { assertFinite, assertPositiveInteger } from "../../base/assert.ts";
import type { Rng } from "../../base/rng.ts";
import type { Dataset } from "../dataset.ts";
import { nextNormal } from "./nextNormal.ts";

export interface LowRankRatingsOptions {
  readonly numUsers: number;
  readonly numItems: number;
  /** Rank of the noiseless ratings about their mean. */
  readonly rank: number;
  /** Share of all (user, item) pairs that is rated; 0.2 when absent. */
  readonly ratedFraction?: number;
  /** Share of the ratings that is held out; 0.1 when absent. */
  readonly testFraction?: number;
  /** Standard deviation of the noise on a rating: no model's root mean squared error is lower; 0.1 when absent. */
  readonly noiseStdDev?: number;
}

const MEAN = 3;

/**
 * Ratings for matrix factorisation: input [user, item] f32 (numbers from 0), target [rating] f32 = 3 + u·v + noise. The factors
 * u of a user and v of an item are normal with variance 1 / √rank, so u·v has standard deviation 1 for every rank.
 * `groups` is the user: ratings are what a person's device holds. A pair is rated at most once.
 * @throws RangeError unless sizes are >= 1, fractions in [0, 1] and noiseStdDev >= 0; or if no rating is left to train on.
 */
export function lowRankRatings(
  options: LowRankRatingsOptions,
  rng: Rng,
): { readonly train: Dataset; readonly test: Dataset } {
  const { numUsers, numItems, rank, ratedFraction = 0.2, testFraction = 0.1, noiseStdDev = 0.1 } = options;
  assertPositiveInteger("numUsers", numUsers);
  assertPositiveInteger("numItems", numItems);
  assertPositiveInteger("rank", rank);
  assertFinite("ratedFraction", ratedFraction, 0, 1);
  assertFinite("testFraction", testFraction, 0, 1);
  assertFinite("noiseStdDev", noiseStdDev, 0);
  const stdDev = Math.sqrt(1 / Math.sqrt(rank));
  const factors = (count: number): Float64Array =>
    Float64Array.from({ length: count * rank }, () => stdDev * nextNormal(rng));
  const users = factors(numUsers);
  const items = factors(numItems);
  const train: Rating[] = [];
  const test: Rating[] = [];
  for (let user = 0; user < numUsers; user++) {
    for (let item = 0; item < numItems; item++) {
      if (rng.nextFloat() >= ratedFraction) continue;
      let value = MEAN + noiseStdDev * nextNormal(rng);
      for (let at = 0; at < rank; at++)
        value += (users[user * rank + at] as number) * (items[item * rank + at] as number);
      (rng.nextFloat() < testFraction ? test : train).push({ user, item, value });
    }
  }
  if (train.length === 0) {
    throw new RangeError(`ratings expected at least one to train on, got none of ${numUsers} x ${numItems} pairs`);
  }
  return { train: ratingsDataset(train), test: ratingsDataset(test) };
}

interface Rating {
  readonly user: number;
  readonly item: number;
  readonly value: number;
}

function ratingsDataset(ratings: readonly Rating[]): Dataset {
  return {
    numExamples: ratings.length,
    inputShape: [2],
    inputs: Float32Array.from(ratings.flatMap(({ user, item }) => [user, item])),
    targets: Float32Array.from(ratings, ({ value }) => value),
    targetSize: 1,
    groups: Uint32Array.from(ratings, ({ user }) => user),
  };
}
