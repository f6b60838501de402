import type { Candidate, PickPlaces } from "./candidate.ts";
import { drawWeighted } from "./drawWeighted.ts";

/**
 * Lets clients that do not answer rest, for samplers that go by what clients last reported. Asked n times since its last
 * answer, a client is put before the sampler with a chance of 1 / (1 + n), drawn anew for each cohort: one that stays silent
 * for R rounds is asked about sqrt(2 R) times at most. Each time it may answer, and counts in full again: one that answers
 * every second offer holds up a third of the rounds at most. Where too few are left for a cohort, the remaining places are
 * drawn among those who rest, by the same chances.
 *
 * Its chance is discounted and not its utility: that is the client's own word, and may be too high for any quotient. A
 * client whose answers come too late for a round, as over-selection has it, or who gives its offers back, was asked in vain as well.
 */
export function restSilent(pickPlaces: PickPlaces): PickPlaces {
  return (request) => {
    const { eligible, size, rng, history } = request;
    const awake: number[] = [];
    const resting: number[] = [];
    const chances: number[] = [];
    for (const [place, { id }] of eligible.entries()) {
      const chance = 1 / (1 + (history.of(id)?.unanswered ?? 0));
      if (chance === 1 || rng.nextFloat() < chance) awake.push(place);
      else {
        resting.push(place);
        chances.push(chance);
      }
    }
    if (resting.length === 0) return pickPlaces(request);
    if (awake.length <= size) {
      const drawn = drawWeighted(chances, size - awake.length, rng);
      return [...awake, ...drawn.map((at) => resting[at] as number)];
    }
    const picked = pickPlaces({ ...request, eligible: awake.map((place) => eligible[place] as Candidate) });
    return Array.from(picked, (at) => awake[at] as number);
  };
}
