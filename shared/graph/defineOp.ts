import { createNode } from "./node.ts";
import { isPrimitiveOp } from "./opset.ts";
import { assertShape } from "./shape.ts";
import type { Attributes, OpDefinition, Tensor } from "./tensor.ts";

/** Builds nodes of one defined op. */
export type OpBuilder = (inputs: readonly Tensor[], attributes?: Attributes) => Tensor;

/**
 * Adds an op without touching a compiler: the definition travels with each node until `createGraph` lowers it.
 * @throws TypeError if the name belongs to a primitive.
 */
export function defineOp(definition: OpDefinition): OpBuilder {
  if (isPrimitiveOp(definition.name))
    throw new TypeError(`"${definition.name}" is a primitive op; choose another name`);
  return (inputs, attributes = {}) => {
    const shape = definition.shape(inputs, attributes);
    assertShape(definition.name, shape);
    return createNode(definition.name, inputs, shape, { attributes, definition });
  };
}
