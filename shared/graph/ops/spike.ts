import { assertFinite } from "../../base/assert.ts";
import { defineOp } from "../defineOp.ts";
import type { Tensor } from "../tensor.ts";
import { relu } from "./activations.ts";
import { abs, add, div, greater, mul, sub } from "./elementwise.ts";
import { constant } from "./leaves.ts";

/** What stands in for the derivative of the step; `slope` is how sharply it falls off around 0. */
export interface Surrogate {
  readonly kind: SurrogateKind;
  /** > 0. */
  readonly slope: number;
}

const HALF_PI = 1.5707963267948966;

/** Each from x and its slope k. */
const derivatives = {
  /** 1 / (k|x| + 1)². Source: Zenke and Ganguli 2018, "SuperSpike", arXiv:1705.11146; snnTorch's `fast_sigmoid`. */
  fastSigmoid(x: Tensor, slope: number): Tensor {
    const distance = add(mul(abs(x), constant(slope)), constant(1));
    return div(constant(1), mul(distance, distance));
  },
  /** k/2 / (1 + (π/2 · k x)²). Source: Fang et al. 2021, arXiv:2007.05785; snnTorch's `atan`. */
  arctan(x: Tensor, slope: number): Tensor {
    const scaled = mul(x, constant(HALF_PI * slope));
    return div(constant(slope / 2), add(mul(scaled, scaled), constant(1)));
  },
  /** max(0, 1 - k|x|). Source: Bellec et al. 2018, arXiv:1803.09574. */
  triangle(x: Tensor, slope: number): Tensor {
    return relu(sub(constant(1), mul(abs(x), constant(slope))));
  },
} satisfies Record<string, (x: Tensor, slope: number) => Tensor>;

export type SurrogateKind = keyof typeof derivatives;

export const SURROGATE_KINDS = Object.keys(derivatives) as SurrogateKind[];

const build = defineOp({
  name: "spike",
  shape: ([x]) => x!.shape,
  lower: ([x]) => greater(x!, constant(0)),
  vjp({ inputs: [x], attributes }, dy) {
    const { kind, slope } = attributes as { kind: SurrogateKind; slope: number };
    return [mul(dy, derivatives[kind](x!, slope))];
  },
  reference: (_, [x]) => Float32Array.from(x!, (value) => (value > 0 ? 1 : 0)),
});

/**
 * The spikes of neurons whose potential lies x above their threshold: 1 where x > 0, else 0, with a surrogate gradient.
 * Source: Neftci, Mostafa and Zenke 2019, arXiv:1901.09948.
 * @throws RangeError unless the slope is positive.
 */
export function spike(x: Tensor, { kind, slope }: Surrogate): Tensor {
  assertFinite("slope", slope, Number.MIN_VALUE);
  return build([x], { kind, slope });
}
