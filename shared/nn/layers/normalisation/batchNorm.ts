import { assertFinite, assertPositiveInteger } from "../../../base/assert.ts";
import { add, constant, maximum, mul, reshape, rsqrt, sub } from "../../../graph/ops.ts";
import { numElements } from "../../../graph/shape.ts";
import type { Tensor } from "../../../graph/tensor.ts";
import type { ApplyContext } from "../../applyContext.ts";
import { filled, type Initializer, zeros } from "../../initializer.ts";
import type { Layer } from "../../layer.ts";
import { affineInit, applyAffine, assertFeatures } from "./affine.ts";
import { standardiseOver } from "./standardiseOver.ts";

export interface BatchNormOptions {
  /** Added to the variance; 1e-5 when absent. */
  readonly epsilon?: number;
  /** Share of the batch in the new running average, 0 .. 1; 0.1 when absent. */
  readonly momentum?: number;
  /** Whether the running averages are aggregated ("shared", when absent) or stay with each client. */
  readonly statistics?: Initializer["scope"];
  /** Whether scale and shift are aggregated ("shared", when absent) or stay with each client. */
  readonly affine?: Initializer["scope"];
}

/**
 * Each channel with mean 0 and variance 1 over the batch and its positions, times scale plus shift. When evaluating, with
 * the running averages of mean and variance instead of those of the batch. FedBN keeps statistics and affine private.
 * Shapes: x [batch, ...positions, channels]; scale, shift, mean, variance [channels] -> y as x.
 * Init: scale one, shift zero, mean zero, variance one. The running variance averages Σ (x - mean)² / (count - 1).
 * Source: Ioffe and Szegedy 2015, Algorithm 1, arXiv:1502.03167; FedBN: Li et al. 2021, arXiv:2102.07623.
 * Deviation: one value a channel has no variance, so such a batch is normalised by the running averages and leaves them.
 * @throws RangeError if the count is not positive, epsilon below 0, or momentum outside [0, 1].
 */
export function batchNorm(channels: number, options: BatchNormOptions = {}): Layer {
  assertPositiveInteger("channels", channels);
  const { epsilon = 1e-5, momentum = 0.1, statistics = "shared", affine = "shared" } = options;
  assertFinite("epsilon", epsilon, 0);
  assertFinite("momentum", momentum, 0, 1);
  const running = { kind: "statistic", scope: statistics } as const;
  return {
    name: `batchNorm(${channels})`,
    document: { kind: "batchNorm", channels, ...options },
    init: {
      ...affineInit(channels, { scope: affine }),
      mean: zeros([channels], running),
      variance: filled([channels], 1, running),
    },
    apply(params, x, ctx) {
      assertFeatures("batchNorm", channels, x);
      const count = numElements(x.shape) / channels;
      const y = ctx.mode === "train" && count > 1 ? byBatch(params, x, ctx) : byRunning(params, x);
      return applyAffine(y, params);
    },
  };

  function byBatch({ mean, variance }: Readonly<Record<string, Tensor>>, x: Tensor, ctx: ApplyContext): Tensor {
    const count = numElements(x.shape) / channels;
    const batch = standardiseOver(
      x,
      x.shape.slice(0, -1).map((_, axis) => axis),
      epsilon,
    );
    const average = (before: Tensor, now: Tensor, factor: number): Tensor =>
      add(mul(before, constant(1 - momentum)), mul(reshape(now, [channels]), constant(momentum * factor)));
    ctx.updateStatistic(mean!, average(mean!, batch.mean, 1));
    ctx.updateStatistic(variance!, average(variance!, batch.variance, count / (count - 1)));
    return batch.y;
  }

  function byRunning({ mean, variance }: Readonly<Record<string, Tensor>>, x: Tensor): Tensor {
    // A server optimizer may push an aggregated variance below 0.
    const scale = rsqrt(add(maximum(variance!, constant(0)), constant(epsilon)));
    return mul(sub(x, mean!), scale);
  }
}
