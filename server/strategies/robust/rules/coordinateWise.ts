import { pass } from "../program.ts";
import type { Rule } from "./rule.ts";

/** Coordinate-wise median. Source: Yin et al. 2018, Definition 1, arXiv:1803.01498. */
export const coordinateMedian: Rule = function* (view) {
  return (yield* pass(view, { kind: "median" })).values;
};

/** Coordinate-wise mean without the `byzantine` lowest and highest. Source: Yin et al. 2018, Definition 2, arXiv:1803.01498. */
export function trimmedMean(byzantine: number): Rule {
  return function* (view) {
    return (yield* pass(view, { kind: "trimmed-mean", byzantine })).values;
  };
}
