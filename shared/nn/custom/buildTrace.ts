import { assertInteger } from "../../base/assert.ts";
import { scan, scanOutput } from "../../graph/ops/scan.ts";
import { numElements, shapeText } from "../../graph/shape.ts";
import type { Shape, Tensor } from "../../graph/tensor.ts";
import {
  CUSTOM_LIMITS,
  type CustomAttributes,
  type CustomNode,
  type CustomTrace,
  type Reference,
} from "./customDocument.ts";
import { customOps } from "./customOps.ts";
import { plainAttributes } from "./plainAttributes.ts";

export interface TraceLeaves {
  readonly batch: number;
  /** "x" and the params. */
  readonly named: ReadonlyMap<string, Tensor>;
  readonly random: (shape: Shape) => Tensor;
}

export interface BuiltTrace {
  readonly output: Tensor;
  readonly updates: ReadonlyMap<string, Tensor>;
}

type Numbers = Readonly<Record<string, number>>;

/**
 * Traces the ops of a document for one batch size, each through its checked builder.
 * @throws RangeError or TypeError that names the node, for a reference to what is not there yet, a wrong attribute, shapes
 * that do not fit, or a result beyond `CUSTOM_LIMITS`.
 */
export function buildTrace({ nodes, output, updates = {} }: CustomTrace, leaves: TraceLeaves): BuiltTrace {
  const bodies = nodes.reduce((sum, { body }) => sum + (body?.nodes.length ?? 0), 0);
  if (nodes.length + bodies > CUSTOM_LIMITS.nodes) {
    throw new RangeError(`nodes expected <= ${CUSTOM_LIMITS.nodes} with those of loops, got ${nodes.length + bodies}`);
  }
  const lookUp = buildNodes(nodes, leaves.named, leaves, "nodes");
  return {
    output: asValue(lookUp(output)),
    updates: new Map(Object.entries(updates).map(([name, reference]) => [name, asValue(lookUp(reference))])),
  };
}

/** Builds the nodes in order; the result finds a tensor by its reference. */
function buildNodes(
  nodes: readonly CustomNode[],
  named: ReadonlyMap<string, Tensor>,
  leaves: TraceLeaves,
  path: string,
): (reference: Reference) => Tensor {
  const built: Tensor[] = [];
  const lookUp = (reference: Reference): Tensor => {
    const tensor = typeof reference === "number" ? built[reference] : named.get(reference);
    if (!tensor) throw new RangeError(`expected a tensor made before, got ${JSON.stringify(reference)}`);
    return tensor;
  };
  nodes.forEach((node, i) => {
    try {
      const tensor = buildNode(node, node.inputs.map(lookUp), leaves, `${path}.${i}.body`);
      assertBounds(tensor);
      built.push(tensor);
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
      throw new RangeError(`${path}.${i} ${node.op}: ${error.message}`, { cause: error });
    }
  });
  return lookUp;
}

function buildNode(node: CustomNode, inputs: readonly Tensor[], leaves: TraceLeaves, path: string): Tensor {
  const { op, attributes = {} } = node;
  if (op === "scan") return buildScan(node, inputs, leaves, path);
  if (node.body) throw new TypeError("a body belongs to a scan only");
  if (op === "scanOutput") return buildScanOutput(inputs, read(attributes, { index: "number" }, leaves) as Numbers);
  inputs.forEach(asValue);
  if (op === "random") {
    assertCount(0, inputs);
    return leaves.random((read(attributes, { shape: "numbers" }, leaves) as { shape: Shape }).shape);
  }
  if (!Object.hasOwn(customOps, op)) throw new TypeError(`expected a known op, got ${JSON.stringify(op)}`);
  const known = customOps[op]!;
  assertCount(known.numInputs, inputs);
  return known.build(inputs, read(attributes, known.attributes, leaves));
}

function buildScan(
  { attributes = {}, body }: CustomNode,
  inputs: readonly Tensor[],
  leaves: TraceLeaves,
  path: string,
) {
  if (!body) throw new TypeError("a scan expected a body, got none");
  const { reverse, ...counts } = read(
    attributes,
    { length: "number", numCarries: "number", numSequences: "number", reverse: "boolean" },
    leaves,
  );
  const { length, numCarries, numSequences } = counts as { length: number; numCarries: number; numSequences: number };
  assertInteger("length", length, 1, CUSTOM_LIMITS.trips);
  assertInteger("numCarries", numCarries, 0, Math.min(inputs.length, body.outputs.length));
  assertInteger("numSequences", numSequences, 0, inputs.length - numCarries);
  inputs.forEach(asValue);
  const firstConstant = numCarries + numSequences;
  const { carry, outputs } = scan({
    length,
    reverse: reverse as boolean,
    carry: inputs.slice(0, numCarries),
    sequences: inputs.slice(numCarries, firstConstant),
    constants: inputs.slice(firstConstant),
    step(carries, items, constants) {
      const named = new Map<string, Tensor>();
      carries.forEach((tensor, i) => void named.set(`carry.${i}`, tensor));
      items.forEach((tensor, i) => void named.set(`item.${i}`, tensor));
      constants.forEach((tensor, i) => void named.set(`constant.${i}`, tensor));
      const results = body.outputs.map(buildNodes(body.nodes, named, leaves, path));
      return { carry: results.slice(0, numCarries), outputs: results.slice(numCarries) };
    },
  });
  // The node itself, whose results `scanOutput` names.
  return (carry[0] ?? outputs[0])!.inputs[0]!;
}

function buildScanOutput(inputs: readonly Tensor[], { index }: Numbers): Tensor {
  assertCount(1, inputs);
  const [node] = inputs as [Tensor];
  if (node.op !== "scan") throw new TypeError(`expected the result of a scan, got that of ${node.op}`);
  assertInteger("index", index!, 0, node.body!.outputs.length - 1);
  return scanOutput(node, index!);
}

function read(
  attributes: CustomAttributes,
  signature: Parameters<typeof plainAttributes>[1],
  { batch }: TraceLeaves,
): ReturnType<typeof plainAttributes> {
  return plainAttributes(attributes, signature, batch);
}

/** @throws TypeError for a scan: it has results, but is none. */
function asValue(tensor: Tensor): Tensor {
  if (tensor.op === "scan")
    throw new TypeError('expected a value, got a scan; name one of its results by "scanOutput"');
  return tensor;
}

function assertCount(expected: number | undefined, inputs: readonly Tensor[]): void {
  if (expected === undefined ? inputs.length === 0 : inputs.length !== expected) {
    throw new TypeError(`expected ${expected ?? "one or more"} inputs, got ${inputs.length}`);
  }
}

function assertBounds({ shape }: Tensor): void {
  if (shape.length > CUSTOM_LIMITS.axes || numElements(shape) > CUSTOM_LIMITS.elements) {
    throw new RangeError(
      `expected <= ${CUSTOM_LIMITS.axes} axes and ${CUSTOM_LIMITS.elements} elements, got ${shapeText(shape)}`,
    );
  }
}
