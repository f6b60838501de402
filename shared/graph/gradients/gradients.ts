import { constant } from "../ops/leaves.ts";
import { shapeText } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { backpropagate } from "./backpropagate.ts";

/**
 * Gradient of a scalar with respect to each tensor, of that tensor's shape; zeros where the scalar does not depend on it.
 * @throws RangeError unless the loss is a scalar.
 */
export function gradients(loss: Tensor, wrt: readonly Tensor[]): Tensor[] {
  if (loss.shape.length > 0) throw new RangeError(`gradients expected a scalar loss [], got ${shapeText(loss.shape)}`);
  return backpropagate([[loss, constant(1)]], wrt).map((dx, i) => dx ?? constant(0, wrt[i]!.shape));
}
