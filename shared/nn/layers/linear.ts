import { assertPositiveInteger } from "../../base/assert.ts";
import { add, matmul } from "../../graph/ops.ts";
import { glorotUniform, heUniform, zeros } from "../initializer.ts";
import type { Layer } from "../layer.ts";

export interface LinearOptions {
  /** How w begins: "heUniform" (default) where a ReLU follows, "glorotUniform" for tanh, sigmoid and outputs. */
  readonly init?: "heUniform" | "glorotUniform";
}

/**
 * Affine map `y = x·w + b`.
 * Shapes: x [batch, inFeatures], w [inFeatures, outFeatures], b [outFeatures] -> y [batch, outFeatures].
 * Init: w uniform by `options.init`, b zero.
 * @throws RangeError if a feature count is not a positive integer.
 */
export function linear(inFeatures: number, outFeatures: number, options: LinearOptions = {}): Layer<"w" | "b"> {
  assertPositiveInteger("inFeatures", inFeatures);
  assertPositiveInteger("outFeatures", outFeatures);
  const shape = [inFeatures, outFeatures];
  return {
    name: `linear(${inFeatures}, ${outFeatures})`,
    document: { kind: "linear", inFeatures, outFeatures, ...options },
    init: {
      w:
        options.init === "glorotUniform" ? glorotUniform(shape, inFeatures, outFeatures) : heUniform(shape, inFeatures),
      b: zeros([outFeatures]),
    },
    apply: ({ w, b }, x) => add(matmul(x, w), b),
  };
}
