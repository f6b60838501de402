import { scanAttributes } from "../../graph/ops/scan.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { topologicalOrder } from "../../graph/topologicalOrder.ts";
import { batchedShape } from "./batchSize.ts";
import type { OnnxBuilder } from "./onnxBuilder.ts";
import { graphMessage, type OnnxValue, sizeText } from "./onnxMessages.ts";
import { type ForwardOp, translateOps } from "./translateOps.ts";

/** A graph being translated. */
export interface TranslationScope {
  readonly builder: OnnxBuilder;
  /** The name of each value so far; those of the inputs are there from the start. */
  readonly names: Map<Tensor, string>;
  /** `pairNodes`. */
  readonly pairs: ReadonlyMap<Tensor, Tensor>;
}

/**
 * Adds the nodes, in their order.
 * @throws TypeError for an op that only training uses.
 */
export function translateGraph(scope: TranslationScope, nodes: readonly Tensor[]): void {
  const { builder, names, pairs } = scope;
  const loops = new Map<Tensor, readonly string[]>();
  for (const node of nodes) {
    if (names.has(node)) continue;
    if (node.op === "scan") {
      loops.set(node, translateScan(scope, node, nodes));
    } else if (node.op === "scanOutput") {
      names.set(node, loops.get(node.inputs[0]!)![node.attributes.index as number]!);
    } else {
      if (!Object.hasOwn(translateOps, node.op)) throw new TypeError(`ONNX export has no words for "${node.op}"`);
      const inputs = node.inputs.map((source) => names.get(source)!);
      names.set(node, translateOps[node.op as ForwardOp]({ node, twin: pairs.get(node)!, inputs, builder }));
    }
  }
}

/** Names of the results of a loop by index: final carries, stacked outputs, and the histories that some node reads. */
function translateScan(scope: TranslationScope, node: Tensor, nodes: readonly Tensor[]): string[] {
  const { builder, names, pairs } = scope;
  const { length, numCarries, numSequences, reverse } = scanAttributes(node);
  const body = node.body!;
  const sources = node.inputs.map((source) => names.get(source)!);
  const inner = builder.inner();
  // The body sees the names around it, so its constants need no input.
  const formals = body.inputs.slice(0, numCarries + numSequences);
  const own = new Map(body.inputs.map((formal, i) => [formal, i < formals.length ? inner.fresh("item") : sources[i]!]));
  translateGraph({ builder: inner, names: own, pairs }, topologicalOrder(body.outputs, body.inputs));

  const histories = nodes
    .filter((user) => user.op === "scanOutput" && user.inputs[0] === node)
    .map(({ attributes }) => (attributes.index as number) - body.outputs.length)
    .filter((carry) => carry >= 0);
  const results = [...body.outputs, ...histories.map((carry) => body.inputs[carry]!)];
  // A result is named apart from what computes it, which may be an input or lie outside the body.
  const resultNames = results.map((result) => inner.node("Identity", [own.get(result)!]));

  const values: OnnxValue[] = formals.map((formal) => describeValue(own.get(formal)!, formal));
  const inputs = sources.slice(0, formals.length);
  if (numSequences === 0) {
    // The length of a loop is that of its sequences, so there must be one.
    inputs.push(builder.floats(new Float32Array(length), [length]));
    values.push({ name: inner.fresh("item"), type: "f32", shape: [] });
  }
  const directions = (count: number): number[] => new Array<number>(count).fill(Number(reverse));
  const numSequencesGiven = Math.max(1, numSequences);
  const graph = graphMessage({
    name: inner.fresh("body"),
    nodes: inner.nodes,
    inputs: values,
    outputs: results.map((result, i) => describeValue(resultNames[i]!, result)),
  });
  const found = builder.nodeOf("Scan", inputs, results.length, {
    body: { graph },
    num_scan_inputs: numSequencesGiven,
    scan_input_directions: directions(numSequencesGiven),
    scan_output_directions: directions(results.length - numCarries),
  });
  const byIndex = found.slice(0, body.outputs.length);
  histories.forEach((carry, i) => {
    byIndex[body.outputs.length + carry] = found[body.outputs.length + i]!;
  });
  return byIndex;

  function describeValue(name: string, tensor: Tensor): OnnxValue {
    const shape = batchedShape(tensor.shape, pairs.get(tensor)!.shape).map(sizeText);
    return { name, type: tensor.dtype, shape };
  }
}
