import { add, matmul, mul, sigmoid, slice, tanh } from "../../../graph/ops.ts";
import type { Tensor } from "../../../graph/tensor.ts";
import { initializer, uniform } from "../../initializer.ts";
import type { Layer } from "../../layer.ts";
import { type RecurrentCell, type RecurrentOptions, recurrentLayer } from "./recurrentLayer.ts";

/**
 * Long short-term memory: i, f, o = σ(x·wx + h·wh + b), g = tanh(...), c' = f∘c + i∘g, h' = o∘tanh(c').
 * Shapes and options as `recurrentLayer`. Arrays of one run: wx [inFeatures, 4·units], wh [units, 4·units], b [4·units],
 * their columns in the order i, f, o, g (PyTorch: i, f, g, o, and two biases, whose sum is b).
 * Init: wx and wh uniform in ±1 / √units, as PyTorch's; b zero, but 1 for f, so that a state lasts from the start.
 * Source: Hochreiter and Schmidhuber 1997; forget gate Gers et al. 2000; its bias Jozefowicz et al. 2015.
 * @throws RangeError if a count is not positive.
 */
export function lstm(inFeatures: number, units: number, options: RecurrentOptions = {}): Layer {
  return recurrentLayer(cell, inFeatures, units, options);
}

const cell: RecurrentCell = {
  kind: "lstm",
  numCarries: 2,
  recurrent: ["wh"],
  init(inFeatures, units) {
    const bound = 1 / Math.sqrt(units);
    return {
      wx: uniform([inFeatures, 4 * units], -bound, bound),
      wh: uniform([units, 4 * units], -bound, bound),
      b: initializer([4 * units], {}, (values) => values.fill(0).fill(1, units, 2 * units)),
    };
  },
  step([h, c], projected, [wh]) {
    const units = c!.shape[1]!;
    const z = add(matmul(h!, wh!), projected);
    // The three gates lie side by side, so that one pass computes them.
    const gates = sigmoid(slice(z, 1, 0, 3 * units));
    const g = tanh(slice(z, 1, 3 * units, units));
    const [i, f, o] = [0, 1, 2].map((gate) => slice(gates, 1, gate * units, units)) as [Tensor, Tensor, Tensor];
    const cell = add(mul(f, c!), mul(i, g));
    return [mul(o, tanh(cell)), cell];
  },
};
