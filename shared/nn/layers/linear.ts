import { assertPositiveInteger } from "../../base/assert.ts";
import { add, matmul, reshape } from "../../graph/ops.ts";
import { numElements, shapeText } from "../../graph/shape.ts";
import { zeros } from "../initializer.ts";
import type { Layer } from "../layer.ts";
import { type WeightInit, weightInit } from "../weightInit.ts";

export interface LinearOptions {
  /** How w begins: "heUniform" (default) where a ReLU follows, "glorotUniform" for tanh, sigmoid and outputs. */
  readonly init?: WeightInit;
  /** Whether b is added; true when absent. */
  readonly bias?: boolean;
}

/**
 * Affine map `y = x·w + b` of the last axis.
 * Shapes: x [batch, ..., inFeatures], w [inFeatures, outFeatures], b [outFeatures] -> y [batch, ..., outFeatures].
 * Init: w by `options.init`, b zero.
 * @throws RangeError if a feature count is not a positive integer.
 */
export function linear(inFeatures: number, outFeatures: number, options: LinearOptions = {}): Layer {
  assertPositiveInteger("inFeatures", inFeatures);
  assertPositiveInteger("outFeatures", outFeatures);
  const { init = "heUniform", bias = true } = options;
  const fans = { fanIn: inFeatures, fanOut: outFeatures };
  return {
    name: `linear(${inFeatures}, ${outFeatures})`,
    document: { kind: "linear", inFeatures, outFeatures, ...options },
    init: { w: weightInit(init, [inFeatures, outFeatures], fans), ...(bias && { b: zeros([outFeatures]) }) },
    apply({ w, b }, x) {
      if (x.shape.length < 2 || x.shape.at(-1) !== inFeatures) {
        throw new RangeError(
          `linear expected x [batch, ..., ${inFeatures}] for w ${shapeText(w!.shape)}, got ${shapeText(x.shape)}`,
        );
      }
      // One matrix whatever the rank, so that backends fuse product, bias and what follows.
      const rows = reshape(x, [numElements(x.shape) / inFeatures, inFeatures]);
      const product = matmul(rows, w!);
      return reshape(b ? add(product, b) : product, [...x.shape.slice(0, -1), outFeatures]);
    },
  };
}
