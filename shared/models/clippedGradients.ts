import * as v from "valibot";
import { assertFinite } from "../base/assert.ts";
import { isMixed } from "../graph/examples/batchLayout.ts";
import { batchLayouts } from "../graph/examples/batchLayouts.ts";
import { type ExampleSum, exampleSum } from "../graph/examples/exampleSums.ts";
import { backpropagate } from "../graph/gradients/backpropagate.ts";
import { gradients } from "../graph/gradients/gradients.ts";
import { add, constant, literal, minimum, mul, reduceSum, rsqrt, stopGradient } from "../graph/ops.ts";
import { numElements } from "../graph/shape.ts";
import type { Tensor } from "../graph/tensor.ts";

/** Bound on the length of one example's gradient, over all params together: (0, 1000000]. */
export const perExampleClipNormSchema = v.pipe(v.number(), v.gtValue(0), v.maxValue(1e6));

export interface ClippedGradientsOptions {
  /** One loss an example, [batch]. */
  readonly losses: Tensor;
  readonly params: readonly Tensor[];
  /** Leaves whose first axis is the batch: "x", "targets". */
  readonly leaves: readonly Tensor[];
  /** > 0. */
  readonly clipNorm: number;
  /** Squared norms of each example's gradient with respect to some of the params together, [batch], one example at a time. */
  readonly loopSquaredNorms: (params: readonly number[]) => Tensor;
}

/**
 * Mean over the batch of each example's gradient, each first scaled down to a length of at most `clipNorm`.
 *
 *   g = 1/batch Σ gᵢ · min(1, clipNorm / |gᵢ|)
 *
 * One backward pass of the whole batch, as without clipping: the lengths come from the activations and cotangents that
 * make each param's gradient (`exampleSum`), and the same products, weighted, give the mean. Params whose gradient has
 * another form take part through a loop over the examples and a second backward pass.
 * Source: Abadi et al. 2016, Algorithm 1, arXiv:1607.00133 (no noise here); "book-keeping": Bu et al. 2023, arXiv:2210.00038.
 * @throws RangeError if examples meet within the model, so that none has a gradient of its own.
 */
export function clippedGradients(options: ClippedGradientsOptions): Tensor[] {
  const { losses, params, leaves, clipNorm, loopSquaredNorms } = options;
  assertFinite("perExampleClipNorm", clipNorm, Number.MIN_VALUE);
  const batch = losses.shape[0]!;
  const factors = (squaredNorms: Tensor): Tensor =>
    mul(minimum(constant(1), mul(constant(clipNorm), rsqrt(squaredNorms))), constant(1 / batch));
  if (batch === 1) {
    const grads = gradients(reduceSum(losses), params);
    const factor = factors(total(grads.map((grad) => reduceSum(mul(grad, grad)))));
    return grads.map((grad) => mul(grad, factor));
  }

  const known = new Map(leaves.map((leaf) => [leaf, numElements(leaf.shape) / batch]));
  const layout = batchLayouts([losses], { batch, known }).get(losses);
  if (layout !== 1) {
    const by = isMixed(layout) ? `its op "${layout.mixedBy.op}" lets them meet` : "its loss does not look at them";
    throw new RangeError(`perExampleClipNorm expected a model that keeps the examples of a batch apart; ${by}`);
  }
  // Values that are all 1, but are not folded away: so that each cotangent says which example it comes from.
  const seeds = literal(new Array<number>(batch).fill(1), [batch]);
  const grads = backpropagate([[losses, seeds]], params).map((grad, i) => grad ?? constant(0, params[i]!.shape));
  const layouts = batchLayouts(grads, { batch, known: new Map([...known, [seeds, 1]]) });
  const sums = grads.map((grad) => exampleSum(grad, { batch, layouts }));
  const looped = params.flatMap((_, i) => (sums[i] ? [] : [i]));
  const formed = sums.filter((sum): sum is ExampleSum => sum !== undefined);
  const squaredNorms = total([
    ...formed.map((sum) => sum.squaredNorms()),
    ...(looped.length > 0 ? [loopSquaredNorms(looped)] : []),
  ]);
  const weights = factors(squaredNorms);
  const second =
    looped.length > 0
      ? gradients(
          reduceSum(mul(losses, stopGradient(weights))),
          looped.map((i) => params[i]!),
        )
      : [];
  return sums.map((sum, i) => sum?.weighted(weights) ?? second[looped.indexOf(i)]!);
}

function total(terms: readonly Tensor[]): Tensor {
  return terms.reduce((sum, term) => add(sum, term));
}
