import { add, matmul, tanh } from "../../../graph/ops.ts";
import { uniform, zeros } from "../../initializer.ts";
import type { Layer } from "../../layer.ts";
import { type RecurrentCell, type RecurrentOptions, recurrentLayer } from "./recurrentLayer.ts";

/**
 * Plain recurrent layer: h' = tanh(x·wx + h·wh + b).
 * Shapes and options as `recurrentLayer`. Arrays of one run: wx [inFeatures, units], wh [units, units], b [units].
 * Init: wx and wh uniform in ±1 / √units, as PyTorch's; b zero. Source: Elman 1990.
 * @throws RangeError if a count is not positive.
 */
export function simpleRnn(inFeatures: number, units: number, options: RecurrentOptions = {}): Layer {
  return recurrentLayer(cell, inFeatures, units, options);
}

const cell: RecurrentCell = {
  kind: "simpleRnn",
  numCarries: 1,
  recurrent: ["wh"],
  init(inFeatures, units) {
    const bound = 1 / Math.sqrt(units);
    return {
      wx: uniform([inFeatures, units], -bound, bound),
      wh: uniform([units, units], -bound, bound),
      b: zeros([units]),
    };
  },
  step: ([h], projected, [wh]) => [tanh(add(matmul(h!, wh!), projected))],
};
