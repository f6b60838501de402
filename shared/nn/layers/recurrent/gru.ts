import { add, matmul, mul, sigmoid, slice, sub, tanh } from "../../../graph/ops.ts";
import { uniform, zeros } from "../../initializer.ts";
import type { Layer } from "../../layer.ts";
import { type RecurrentCell, type RecurrentOptions, recurrentLayer } from "./recurrentLayer.ts";

/**
 * Gated recurrent unit: r, z = σ(x·wx + h·wh + b), n = tanh(x·wx + b + r∘(h·wh + bh)), h' = (1 - z)∘n + z∘h.
 * Shapes and options as `recurrentLayer`. Arrays of one run: wx [inFeatures, 3·units], wh [units, 3·units], b [3·units],
 * their columns in the order r, z, n as PyTorch's, and bh [units], the bias of the state's part of n.
 *
 * The reset gate is applied after the product (as in cuDNN, PyTorch and Keras), not before it as in the paper: a step then
 * takes one product. r and z need one bias each, n needs two, because r lies between them.
 * Init: wx and wh uniform in ±1 / √units, as PyTorch's; b and bh zero. Source: Cho et al. 2014, section 2.3, arXiv:1406.1078.
 * @throws RangeError if a count is not positive.
 */
export function gru(inFeatures: number, units: number, options: RecurrentOptions = {}): Layer {
  return recurrentLayer(cell, inFeatures, units, options);
}

const cell: RecurrentCell = {
  kind: "gru",
  numCarries: 1,
  recurrent: ["wh", "bh"],
  init(inFeatures, units) {
    const bound = 1 / Math.sqrt(units);
    return {
      wx: uniform([inFeatures, 3 * units], -bound, bound),
      wh: uniform([units, 3 * units], -bound, bound),
      b: zeros([3 * units]),
      bh: zeros([units]),
    };
  },
  step([h], projected, [wh, bh]) {
    const units = h!.shape[1]!;
    const state = matmul(h!, wh!);
    const gates = sigmoid(add(slice(state, 1, 0, 2 * units), slice(projected, 1, 0, 2 * units)));
    const r = slice(gates, 1, 0, units);
    const z = slice(gates, 1, units, units);
    const candidate = mul(r, add(slice(state, 1, 2 * units, units), bh!));
    const n = tanh(add(slice(projected, 1, 2 * units, units), candidate));
    return [add(n, mul(z, sub(h!, n)))];
  },
};
