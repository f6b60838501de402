import { GRAPH_LIMITS } from "./graphLimits.ts";
import { numElements, shapeText } from "./shape.ts";
import type { Attributes, DType, OpDefinition, Shape, SubGraph, Tensor } from "./tensor.ts";

/** Only tells nodes apart and orders them; nothing whose bytes matter reads its value. */
let nextId = 0;
/** What the trace under way may still make. Tracing is synchronous, so this is state of a call and not of the process. */
let nodesLeft = Number.POSITIVE_INFINITY;

interface NodeOptions {
  readonly dtype?: DType;
  readonly attributes?: Attributes;
  readonly body?: SubGraph;
  readonly definition?: OpDefinition;
}

/**
 * A new node. Callers have checked that the shapes fit.
 * @throws RangeError beyond `GRAPH_LIMITS`.
 */
export function createNode(op: string, inputs: readonly Tensor[], shape: Shape, options: NodeOptions = {}): Tensor {
  const { dtype = "f32", attributes = {}, ...owned } = options;
  // Not `>`: a product of sizes may be NaN.
  if (!(numElements(shape) <= GRAPH_LIMITS.elements)) {
    throw new RangeError(
      `${op} expected a result of <= ${GRAPH_LIMITS.elements} elements, got ${shapeText(shape)}; lower the batch size or the sizes of the layer`,
    );
  }
  const { values } = attributes;
  nodesLeft -= 1 + (inputs.length >> 2) + (Array.isArray(values) ? values.length >> 6 : 0);
  if (nodesLeft < 0) {
    throw new RangeError(
      `graph expected <= ${GRAPH_LIMITS.nodes} nodes, got more at "${op}"; use fewer or smaller layers`,
    );
  }
  return Object.freeze({ id: nextId++, op, inputs, attributes, shape, dtype, ...owned });
}

/**
 * Runs a trace that may make `GRAPH_LIMITS.nodes` nodes; one within another shares what that may make.
 * @throws RangeError beyond that, from where the node would have been made.
 */
export function limitNodes<T>(trace: () => T): T {
  const outer = nodesLeft;
  nodesLeft = Math.min(outer, GRAPH_LIMITS.nodes);
  const first = nodesLeft;
  try {
    return trace();
  } finally {
    nodesLeft = outer - (first - nodesLeft);
  }
}
