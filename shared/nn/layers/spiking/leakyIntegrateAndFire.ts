import { assertFinite } from "../../../base/assert.ts";
import {
  add,
  constant,
  greater,
  mul,
  reshape,
  type SurrogateKind,
  scan,
  spike,
  sub,
  where,
} from "../../../graph/ops.ts";
import { shapeText } from "../../../graph/shape.ts";
import type { Tensor } from "../../../graph/tensor.ts";
import type { Layer } from "../../layer.ts";

/** What a spike takes off the potential: the threshold, or all of it. */
export const RESETS = ["subtract", "zero"] as const;

export interface LeakyIntegrateAndFireOptions {
  /** Share of the potential that is left after a step, 0 .. 1: e^(-step / time constant of the membrane). */
  readonly decay: number;
  /** Potential above which a neuron fires, > 0; 1 when absent. */
  readonly threshold?: number;
  /** "subtract" when absent. */
  readonly reset?: (typeof RESETS)[number];
  /** Derivative that stands in for that of the step; "fastSigmoid" of slope 25 when absent. */
  readonly surrogate?: { readonly kind: SurrogateKind; readonly slope: number };
}

/**
 * Leaky integrate-and-fire neurons, one for each feature: the potential u decays, takes in the current, and a spike leaves when
 * it is above the threshold, which resets it at the next step.
 *   u[t] = decay · u[t-1] + current[t] - threshold · spike[t-1]   ("subtract"), u[-1] = 0
 *   u[t] = decay · u[t-1] · (1 - spike[t-1]) + current[t]         ("zero")
 *   spike[t] = 1 where u[t] > threshold, else 0
 * No gradient flows through the reset. Shapes: currents [steps · batch, ...features], all examples of the first step first
 * -> spikes, likewise. Cost: a loop of elementwise steps; the spikes are made after it, all steps at once.
 * Source: Neftci, Mostafa and Zenke 2019, arXiv:1901.09948, without the filter that its currents pass; both resets as
 * snnTorch's `Leaky` has them.
 * @throws RangeError if an option lies outside its range.
 */
export function leakyIntegrateAndFire(options: LeakyIntegrateAndFireOptions): Layer<never> {
  const { decay, threshold = 1, reset = "subtract", surrogate = { kind: "fastSigmoid", slope: 25 } } = options;
  assertFinite("decay", decay, 0, 1);
  assertFinite("threshold", threshold, Number.MIN_VALUE);
  assertFinite("slope", surrogate.slope, Number.MIN_VALUE);
  return {
    name: `leakyIntegrateAndFire(${decay})`,
    document: { kind: "leakyIntegrateAndFire", ...options },
    init: {},
    apply(_, x, ctx) {
      const steps = ctx.spikingSteps;
      if (steps === undefined) throw new TypeError("leakyIntegrateAndFire expected to be within a spiking layer");
      const [rows, ...features] = x.shape;
      if (rows === undefined || rows % steps !== 0) {
        throw new RangeError(
          `leakyIntegrateAndFire expected x [${steps} steps · batch, ...features], got ${shapeText(x.shape)}`,
        );
      }
      const leak = (u: Tensor): Tensor => mul(u, constant(decay));
      const integrate = (u: Tensor, current: Tensor): Tensor => {
        const fired = greater(u, constant(threshold));
        return reset === "zero"
          ? add(where(fired, constant(0), leak(u)), current)
          : sub(add(leak(u), current), mul(fired, constant(threshold)));
      };
      const { outputs } = scan({
        carry: [constant(0, [rows / steps, ...features])],
        sequences: [reshape(x, [steps, rows / steps, ...features])],
        step([u], [current]) {
          const next = integrate(u!, current!);
          return { carry: [next], outputs: [next] };
        },
      });
      return spike(sub(reshape(outputs[0]!, x.shape), constant(threshold)), surrogate);
    },
  };
}
