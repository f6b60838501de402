import type { Rng } from "../../../shared/base/rng.ts";
import { drawPlaces } from "./drawPlaces.ts";

/** The places of the `count` highest scores, none of them NaN; those that tie for the last places are drawn among. */
export function highestPlaces(scores: Float64Array, count: number, rng: Rng): number[] {
  const last = scores.slice().sort()[scores.length - count] as number;
  const picked: number[] = [];
  const tied: number[] = [];
  for (const [place, score] of scores.entries()) {
    if (score > last) picked.push(place);
    else if (score === last) tied.push(place);
  }
  for (const at of drawPlaces(tied.length, count - picked.length, rng)) picked.push(tied[at] as number);
  return picked;
}
