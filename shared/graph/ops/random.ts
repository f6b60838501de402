import { assertInteger } from "../../base/assert.ts";
import { createNode } from "../node.ts";
import { assertDType, assertShape, sameShape, shapeText } from "../shape.ts";
import type { Shape, Tensor } from "../tensor.ts";

/**
 * Uniform values over [0, 1), multiples of 2^-24, that are a pure function of state, stream and position: Philox4x32-10 with
 * the state's first two words as key and (block, stream, third word, 0) as counter.
 * Shapes: state i32 [3] -> `shape`. Two uses of one state need two streams. Source: Salmon et al. 2011, "Parallel random
 * numbers: as easy as 1, 2, 3".
 */
export function random(state: Tensor, shape: Shape, stream: number): Tensor {
  assertState("random", state);
  assertShape("random", shape);
  assertInteger("stream", stream, 0, 2 ** 31 - 1);
  return createNode("random", [state], shape, { attributes: { stream } });
}

/** The state whose draws are the next ones: its third word moves on by `by`. Shapes: i32 [3] -> i32 [3]. */
export function advanceRandom(state: Tensor, by = 1): Tensor {
  assertState("advanceRandom", state);
  assertInteger("by", by, 1, 2 ** 31 - 1);
  return createNode("advanceRandom", [state], [3], { dtype: "i32", attributes: { by } });
}

function assertState(op: string, state: Tensor): void {
  assertDType(op, "i32", state);
  if (!sameShape(state.shape, [3])) throw new RangeError(`${op} expected a state [3], got ${shapeText(state.shape)}`);
}
