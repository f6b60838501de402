import { assertFinite, assertPositiveInteger } from "../../../base/assert.ts";
import { add, broadcastTo, constant, mul, reduceSum, reshape, rsqrt, sub } from "../../../graph/ops.ts";
import { numElements } from "../../../graph/shape.ts";
import type { Tensor } from "../../../graph/tensor.ts";
import type { Layer } from "../../layer.ts";
import { affineInit, applyAffine, assertFeatures } from "./affine.ts";
import type { LayerNormOptions } from "./layerNorm.ts";

/**
 * Each example with mean 0 and variance 1 over the positions and channels of each group, times scale plus shift. It knows
 * no batch, so that clients with few examples and different data do not disturb it (Hsieh et al. 2020, arXiv:1910.00189).
 * Shapes: x [batch, ...positions, channels], scale and shift [channels] -> y as x. Init: scale one, shift zero.
 * Source: Wu and He 2018, eqs. 1-3, arXiv:1803.08494.
 * @throws RangeError unless the groups divide the channels, or if epsilon is below 0.
 */
export function groupNorm(groups: number, channels: number, options: LayerNormOptions = {}): Layer {
  assertPositiveInteger("groups", groups);
  assertPositiveInteger("channels", channels);
  if (channels % groups !== 0) {
    throw new RangeError(`"groups" expected a divisor of ${channels} channels, got ${groups}`);
  }
  const { epsilon = 1e-5, affine = true } = options;
  assertFinite("epsilon", epsilon, 0);
  return {
    name: `groupNorm(${groups}, ${channels})`,
    document: { kind: "groupNorm", groups, channels, ...options },
    init: affine ? affineInit(channels) : {},
    apply(params, x) {
      assertFeatures("groupNorm", channels, x);
      const [batch] = x.shape as [number];
      const positions = numElements(x.shape.slice(1, -1));
      // Sums run over the positions first, channel by channel: rows of channels are dense, a group's own are too short to be fast.
      const groupMean = (values: Tensor): Tensor => {
        const sums = reshape(reduceSum(values, [1]), [batch, groups, channels / groups]);
        const mean = mul(reduceSum(sums, [2]), constant(groups / (positions * channels)));
        const spread = broadcastTo(reshape(mean, [batch, groups, 1]), sums.shape);
        return reshape(spread, [batch, 1, channels]);
      };
      const rows = reshape(x, [batch, positions, channels]);
      const centred = sub(rows, groupMean(rows));
      const variance = groupMean(mul(centred, centred));
      const y = mul(centred, rsqrt(add(variance, constant(epsilon))));
      return applyAffine(reshape(y, x.shape), params);
    },
  };
}
