import { createNode } from "../node.ts";
import { assertShape } from "../shape.ts";
import type { DType, Shape, Tensor } from "../tensor.ts";

/** A named leaf whose values the caller supplies. */
export function input(name: string, shape: Shape, dtype: DType = "f32"): Tensor {
  assertShape(name, shape);
  return createNode("input", [], shape, { dtype, attributes: { name } });
}

/** An f32 array with the same value in every element. @throws TypeError unless the value is finite. */
export function constant(value: number, shape: Shape = []): Tensor {
  const rounded = Math.fround(value);
  if (!Number.isFinite(rounded)) throw new TypeError(`constant expected a finite f32 value, got ${value}`);
  assertShape("constant", shape);
  return createNode("constant", [], shape, { attributes: { value: rounded } });
}

/** The value of a constant node, else `undefined`. */
export function constantValue(tensor: Tensor): number | undefined {
  return tensor.op === "constant" ? (tensor.attributes.value as number) : undefined;
}
