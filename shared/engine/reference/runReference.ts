import { scanAttributes } from "../../graph/ops/scan.ts";
import { numElements, shapeText } from "../../graph/shape.ts";
import type { Graph, SubGraph, Tensor } from "../../graph/tensor.ts";
import { topologicalOrder } from "../../graph/topologicalOrder.ts";
import { type ReferenceOpName, referenceOps } from "./referenceOps.ts";
import type { Values } from "./values.ts";

/** What one run of a graph gives, in the graph's order; all of it fresh memory. */
export interface ReferenceResult {
  readonly outputs: readonly Values[];
  /** New values of the updates' targets. */
  readonly updates: readonly Values[];
}

/**
 * Runs a graph once in plain TypeScript: the slow, obvious twin of every backend. Values are f32 between ops; sums
 * within an op run in f64, so a backend that sums in f32 differs by the rounding of its sums.
 * `feeds` are the values of the graph's inputs by name.
 * @throws RangeError for a missing feed or one of the wrong length.
 */
export function runReference(graph: Graph, feeds: Readonly<Record<string, ArrayLike<number>>>): ReferenceResult {
  const inputs = graph.inputs.map((node) => {
    const name = String(node.attributes.name);
    const values = Object.hasOwn(feeds, name) ? feeds[name] : undefined;
    if (values?.length !== numElements(node.shape)) {
      throw new RangeError(
        `feed "${name}" expected ${shapeText(node.shape)} elements, got ${values?.length ?? "none"}`,
      );
    }
    return node.dtype === "i32" ? Int32Array.from(values) : Float32Array.from(values);
  });
  const outputs = [...graph.outputs, ...graph.updates.map(({ value }) => value)];
  const results = evaluate({ inputs: graph.inputs, outputs }, inputs).map((values) => values.slice());
  return { outputs: results.slice(0, graph.outputs.length), updates: results.slice(graph.outputs.length) };
}

/** Values of the outputs; they may share memory with each other and with the inputs. */
function evaluate(graph: SubGraph, inputs: readonly Values[]): Values[] {
  const known = new Map<Tensor, Values>(graph.inputs.map((node, i) => [node, inputs[i]!]));
  const scans = new Map<Tensor, readonly Values[]>();
  const compute = (node: Tensor, values: readonly Values[]): Values => {
    const { op, definition } = node;
    if (definition) return definition.reference?.(node, values) ?? evaluateLowered(node, values);
    if (op === "constant") return new Float32Array(numElements(node.shape)).fill(node.attributes.value as number);
    if (op === "literal") return literalValues(node);
    if (op === "scanOutput") return scans.get(node.inputs[0]!)![node.attributes.index as number]!;
    if (op === "scan") {
      scans.set(node, runScan(node, values));
      return new Float32Array(1);
    }
    if (!Object.hasOwn(referenceOps, op)) throw new TypeError(`the reference engine has no values for "${op}"`);
    return referenceOps[op as ReferenceOpName](node, values);
  };
  for (const node of topologicalOrder(graph.outputs, graph.inputs)) {
    if (!known.has(node))
      known.set(
        node,
        compute(
          node,
          node.inputs.map((source) => known.get(source)!),
        ),
      );
  }
  return graph.outputs.map((node) => known.get(node)!);
}

function literalValues({ attributes, dtype }: Tensor): Values {
  const values = attributes.values as readonly number[];
  return dtype === "i32" ? Int32Array.from(values) : Float32Array.from(values);
}

function evaluateLowered(node: Tensor, values: readonly Values[]): Values {
  const output = node.definition!.lower(node.inputs, node.attributes);
  return evaluate({ inputs: node.inputs, outputs: [output] }, values)[0]!;
}

/** Results of a scan by index: final carries, stacked outputs, histories of the carries. */
function runScan(node: Tensor, inputs: readonly Values[]): Values[] {
  const { length, numCarries, numSequences, reverse } = scanAttributes(node);
  const body = node.body!;
  let carries = inputs.slice(0, numCarries);
  const sequences = inputs.slice(numCarries, numCarries + numSequences);
  const constants = inputs.slice(numCarries + numSequences);
  const stack = (item: Tensor): Float32Array => new Float32Array(length * numElements(item.shape));
  const outputs = body.outputs.slice(numCarries).map(stack);
  const history = body.outputs.slice(0, numCarries).map(stack);

  for (let step = 0; step < length; step++) {
    const t = reverse ? length - 1 - step : step;
    carries.forEach((values, i) => void history[i]!.set(values, t * values.length));
    const items = sequences.map((values) =>
      values.subarray((t * values.length) / length, ((t + 1) * values.length) / length),
    );
    const results = evaluate(body, [...carries, ...items, ...constants]);
    carries = results.slice(0, numCarries);
    results.slice(numCarries).forEach((values, i) => void outputs[i]!.set(values, t * values.length));
  }
  return [...carries, ...outputs, ...history];
}
