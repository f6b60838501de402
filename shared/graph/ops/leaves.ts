import { GRAPH_LIMITS } from "../graphLimits.ts";
import { createNode } from "../node.ts";
import { assertShape, numElements, shapeText } from "../shape.ts";
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

/**
 * An array of fixed values, row-major: positions, incidence, masks that do not depend on the data.
 * @throws RangeError unless there is one finite value an element, or for more than 2^20; TypeError for an i32 that is no whole
 * number.
 */
export function literal(values: readonly number[], shape: Shape, dtype: DType = "f32"): Tensor {
  assertShape("literal", shape);
  assertFew(values.length);
  if (values.length !== numElements(shape)) {
    throw new RangeError(`literal expected ${numElements(shape)} values for ${shapeText(shape)}, got ${values.length}`);
  }
  const fits = dtype === "i32" ? (value: number) => (value | 0) === value : (value: number) => isFinite32(value);
  const wrong = values.findIndex((value) => !fits(value));
  if (wrong >= 0) throw new TypeError(`literal expected finite ${dtype} values, got ${values[wrong]} at ${wrong}`);
  const rounded = dtype === "i32" ? values.slice() : values.map(Math.fround);
  return createNode("literal", [], shape, { dtype, attributes: { values: rounded } });
}

/** The literal 0, 1, ... count - 1. @throws RangeError for more than 2^20, before the values are made. */
export function range(count: number, shape: Shape = [count], dtype: DType = "f32"): Tensor {
  assertFew(count);
  return literal(
    Array.from({ length: count }, (_, i) => i),
    shape,
    dtype,
  );
}

function assertFew(count: number): void {
  if (!(count <= GRAPH_LIMITS.literalValues)) {
    throw new RangeError(`literal expected <= ${GRAPH_LIMITS.literalValues} values, got ${count}`);
  }
}

function isFinite32(value: number): boolean {
  return Number.isFinite(Math.fround(value));
}

/** The value of a constant node, else `undefined`. */
export function constantValue(tensor: Tensor): number | undefined {
  return tensor.op === "constant" ? (tensor.attributes.value as number) : undefined;
}
