import { pass } from "../program.ts";
import { hideAsRows } from "../updateRows.ts";
import type { Rule } from "./rule.ts";

export interface CentredClippingOptions {
  /** Longest move of one row from the centre, > 0. */
  readonly tau: number;
  readonly iterations: number;
}

/** What it keeps: the last aggregate, [numParams]. */
const AGGREGATE = "aggregate";

/**
 * Centred clipping around the previous aggregate, or around zero before there is one:
 *
 *   v ← v + 1/n Σ (xᵢ - v) min(1, tau / |xᵢ - v|)
 *
 * Source: Karimireddy et al. 2021, Algorithm 2, arXiv:2012.10333. Their proof over many rounds is for clients that send momentum
 * carried from round to round; here local momentum begins anew in each, so only the bound on a single round's move holds.
 */
export function centredClipping({ tau, iterations }: CentredClippingOptions): Rule {
  return function* (view, { kept, keep }) {
    const numRows = view.mix.rows.length;
    const centre = hideAsRows(kept.get(AGGREGATE) ?? new Float64Array(view.updates.numParams), view.updates);
    let at = yield* pass(view, { kind: "move", vector: centre, weights: new Float64Array(numRows) });
    for (let iteration = 0; iteration < iterations; iteration++) {
      const weights = at.sums.subarray(0, numRows).map((squared) => Math.min(1, tau / Math.sqrt(squared)) / numRows);
      at = yield* pass(view, { kind: "move", vector: at.values, weights });
    }
    keep(AGGREGATE, at.values);
    return at.values;
  };
}
