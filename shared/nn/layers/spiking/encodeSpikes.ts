import {
  add,
  broadcastTo,
  constant,
  equal,
  floor,
  greater,
  maximum,
  minimum,
  mul,
  range,
  reshape,
  straightThrough,
  sub,
} from "../../../graph/ops.ts";
import type { Tensor } from "../../../graph/tensor.ts";
import type { ApplyContext } from "../../applyContext.ts";

/** From x [1, batch, ...features] to [steps, batch, ...features]. */
const encodings = {
  /** x itself at each step: a constant current, and the first neurons make the spikes. */
  direct: (x, steps) => broadcastTo(x, [steps, ...x.shape.slice(1)]),
  rate: encodeRate,
  latency: encodeLatency,
} satisfies Record<string, (x: Tensor, steps: number, ctx: ApplyContext) => Tensor>;

export type SpikeEncoding = keyof typeof encodings;

export const SPIKE_ENCODINGS = Object.keys(encodings) as SpikeEncoding[];

/**
 * A static input presented over time. Intensities are clipped to [0, 1] but for "direct".
 * - "direct": the values, at each step.
 * - "rate": spikes with probability x at each step while training; while evaluating the same share of spikes evenly spaced,
 *   floor((t + 1) x + ½) - floor(t x + ½) at step t, so that predictions do not depend on chance. The gradient is that of the
 *   expectation: x passes straight through.
 * - "latency": one spike for each x > 0, at step round((1 - x)(steps - 1)): the brightest first. No gradient flows.
 * Shapes: x [batch, ...features] -> [steps · batch, ...features], all examples of the first step first.
 */
export function encodeSpikes(encoding: SpikeEncoding, x: Tensor, steps: number, ctx: ApplyContext): Tensor {
  const [batch, ...features] = x.shape as [number, ...number[]];
  const overTime = encodings[encoding](reshape(x, [1, batch, ...features]), steps, ctx);
  return reshape(overTime, [steps * batch, ...features]);
}

function encodeRate(x: Tensor, steps: number, ctx: ApplyContext): Tensor {
  const shape = [steps, ...x.shape.slice(1)];
  if (ctx.mode === "train") return straightThrough(greater(x, ctx.random(shape)), broadcastTo(x, shape));
  const intensity = clip(x);
  const spikesBefore = (t: Tensor): Tensor => floor(add(mul(intensity, t), constant(0.5)));
  const t = stepNumbers(x, steps);
  return straightThrough(sub(spikesBefore(add(t, constant(1))), spikesBefore(t)), broadcastTo(x, shape));
}

function encodeLatency(x: Tensor, steps: number): Tensor {
  const delay = mul(sub(constant(1), clip(x)), constant(steps - 1));
  const isNow = equal(floor(add(delay, constant(0.5))), stepNumbers(x, steps));
  return mul(isNow, greater(x, constant(0)));
}

function clip(x: Tensor): Tensor {
  return minimum(maximum(x, constant(0)), constant(1));
}

/** 0 .. steps - 1 along the first axis of as many as x has. */
function stepNumbers(x: Tensor, steps: number): Tensor {
  return range(steps, [steps, ...x.shape.slice(1).map(() => 1)]);
}
