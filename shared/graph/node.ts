import type { Attributes, DType, OpDefinition, Shape, SubGraph, Tensor } from "./tensor.ts";

/** Only tells nodes apart and orders them; nothing whose bytes matter reads its value. */
let nextId = 0;

interface NodeOptions {
  readonly dtype?: DType;
  readonly attributes?: Attributes;
  readonly body?: SubGraph;
  readonly definition?: OpDefinition;
}

/** A new node. Callers have checked the shapes. */
export function createNode(op: string, inputs: readonly Tensor[], shape: Shape, options: NodeOptions = {}): Tensor {
  const { dtype = "f32", attributes = {}, ...owned } = options;
  return Object.freeze({ id: nextId++, op, inputs, attributes, shape, dtype, ...owned });
}
