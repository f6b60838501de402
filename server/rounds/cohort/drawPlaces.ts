import type { Rng } from "../../../shared/base/rng.ts";

/** `count` of the places 0 .. numPlaces - 1, ascending; every set of them is equally likely. Needs count <= numPlaces. */
export function drawPlaces(numPlaces: number, count: number, rng: Rng): Uint32Array {
  const places = new Uint32Array(numPlaces);
  for (let place = 0; place < places.length; place++) places[place] = place;
  // The first `count` steps of a Fisher-Yates shuffle: a cohort is small and a population may be large.
  for (let i = 0; i < count; i++) {
    const j = i + rng.nextBelow(places.length - i);
    const held = places[i] as number;
    places[i] = places[j] as number;
    places[j] = held;
  }
  return places.subarray(0, count).sort();
}
