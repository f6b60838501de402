import { log, pow } from "../../../shared/base/math.ts";
import type { SamplerPlan } from "../../../shared/protocol/cohortPlan.ts";
import type { PickPlaces } from "./candidate.ts";
import { drawWeighted } from "./drawWeighted.ts";
import type { Participation } from "./participationHistory.ts";

type OortOptions = Omit<Extract<SamplerPlan, { readonly kind: "oort" }>, "kind">;

/** Utilities above this quantile count as much as it: outliers, and those who exaggerate, gain nothing beyond. */
const CLIP_QUANTILE = 0.95;
/** Clients within this share of the last useful one are drawn among, in proportion to their utility. */
const CUT_OFF = 0.95;

/** A client that has reported a loss. */
interface Tried {
  readonly place: number;
  readonly past: Participation;
  readonly trainLoss: number;
}

/**
 * Oort: a share of the cohort tries clients that have reported nothing yet, the rest goes to the most useful of the others.
 *
 *   utility_i = clip95(examples_i * loss_i), scaled to 0..1, + sqrt(0.1 ln R / R_i)     R this round, R_i its last, from 1
 *   utility_i *= (T / t_i)^penalty   where its last answer took t_i > T, the preferred duration
 *
 * Deviations: clients report one mean loss, so examples * mean loss, a lower bound, stands for |B| sqrt(mean of loss^2);
 * utilities are scaled to 0..1 before the bonus, as in the authors' code, where the paper adds quantities of
 * different size; untried clients are drawn with weight 1 / (1 + times they answered, without a loss), since their speed is
 * not known; the preferred duration is fixed, without a pacer; the exploring share is rounded at random, so that cohorts of
 * one explore too. The paper takes a client out for good once it was chosen a number of times, against outliers; here
 * nobody is, since that would soon empty a small population: an outlier that answers keeps the clipped utility. One that
 * does not answer would keep it too, so it rests (`restSilent`), of which the paper says nothing.
 * Source: Lai, Zhu, Madhyastha and Chowdhury 2021, Algorithm 1, arXiv:2010.06081.
 */
export function oort(options: OortOptions): PickPlaces {
  const { exploration = 0.9, explorationDecay = 0.98, minExploration = 0.2 } = options;
  return ({ eligible, size, round, rng, history }) => {
    const tried: Tried[] = [];
    const untried: number[] = [];
    const weights: number[] = [];
    for (const [place, { id }] of eligible.entries()) {
      const past = history.of(id);
      if (past?.trainLoss !== undefined) tried.push({ place, past, trainLoss: past.trainLoss });
      else {
        untried.push(place);
        weights.push(1 / (1 + (past?.answered ?? 0)));
      }
    }
    const share = Math.max(minExploration, exploration * pow(explorationDecay, round));
    const wanted = Math.floor(share * size + rng.nextFloat());
    const numNew = Math.min(untried.length, size, Math.max(wanted, size - tried.length));

    const explored = numNew === 0 ? [] : drawWeighted(weights, numNew, rng).map((at) => untried[at] as number);
    if (numNew === size) return explored;
    const scores = utilities(tried, round, options);
    const cutOff = CUT_OFF * (scores.slice().sort()[scores.length - (size - numNew)] as number);
    const useful = tried.flatMap(({ place }, at) => ((scores[at] as number) >= cutOff ? [{ place, at }] : []));
    const drawn = drawWeighted(
      useful.map(({ at }) => scores[at] as number),
      size - numNew,
      rng,
    );
    return [...explored, ...drawn.map((at) => (useful[at] as { place: number }).place)];
  };
}

/** The utility of each, all >= 0. */
function utilities(tried: readonly Tried[], round: number, options: OortOptions): Float64Array {
  const { preferredDurationMs = Number.POSITIVE_INFINITY, durationPenalty = 2 } = options;
  const raw = Float64Array.from(tried, ({ past, trainLoss }) => past.numExamples * trainLoss);
  const sorted = raw.slice().sort();
  const lowest = sorted[0] as number;
  const clip = sorted[Math.min(Math.floor(CLIP_QUANTILE * sorted.length), sorted.length - 1)] as number;
  const range = clip - lowest;
  const bonus = 0.1 * log(round + 1);
  return raw.map((utility, at) => {
    const { lastRound, durationMs = 0 } = (tried[at] as Tried).past;
    const statistical = range > 0 ? (Math.min(utility, clip) - lowest) / range : 1;
    const total = statistical + Math.sqrt(bonus / (lastRound + 1));
    return durationMs > preferredDurationMs ? total * pow(preferredDurationMs / durationMs, durationPenalty) : total;
  });
}
