import type { PickPlaces } from "./candidate.ts";
import { highestPlaces } from "./highestPlaces.ts";

/**
 * Those who were asked least often, ties at random: among clients that are always there no two are ever asked more than
 * one time apart. Being asked counts, not answering: a client that never answers would else be asked every time.
 */
export const roundRobin: PickPlaces = ({ eligible, size, rng, history }) => {
  const scores = Float64Array.from(eligible, ({ id }) => -(history.of(id)?.asked ?? 0));
  return highestPlaces(scores, size, rng);
};
