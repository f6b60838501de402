import { assertPositiveInteger } from "../../base/assert.ts";
import { createNode } from "../node.ts";
import { assertDType, sameShape, shapeText } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { topologicalOrder } from "../topologicalOrder.ts";
import { input } from "./leaves.ts";

export interface ScanStep {
  readonly carry: readonly Tensor[];
  /** One item of each stacked output. */
  readonly outputs?: readonly Tensor[];
}

export interface ScanOptions {
  /** Trip count; may be absent when there are sequences. */
  readonly length?: number;
  /** Initial carries, f32. */
  readonly carry: readonly Tensor[];
  /** Arrays [length, ...itemShape]; step t sees item t. */
  readonly sequences?: readonly Tensor[];
  /** Tensors that every step sees unchanged. The body may use no other outer tensor. */
  readonly constants?: readonly Tensor[];
  /** From the last item to the first; item t and output t still belong together. */
  readonly reverse?: boolean;
  readonly step: (carry: readonly Tensor[], items: readonly Tensor[], constants: readonly Tensor[]) => ScanStep;
}

export interface ScanResult {
  /** Carries after the last step. */
  readonly carry: readonly Tensor[];
  /** Stacked outputs [length, ...itemShape]. */
  readonly outputs: readonly Tensor[];
}

/**
 * A loop with a static trip count over a sub-graph that is traced once.
 *
 * The node's results are chosen by `scanOutput` with `index`: first the final carries, then the stacked outputs, then
 * for each carry its history [length, ...carryShape] (the value that step t received), which only gradients read.
 * A backend stores the results that some `scanOutput` names, and no other.
 * @throws RangeError when shapes, lengths or the count of carries do not fit, or the body uses an undeclared outer tensor.
 */
export function scan(options: ScanOptions): ScanResult {
  const { carry, sequences = [], constants = [], reverse = false } = options;
  const length = options.length ?? sequences[0]?.shape[0] ?? 0;
  assertPositiveInteger("scan length", length);
  assertDType("scan carry", "f32", ...carry);
  for (const { shape } of sequences) {
    if (shape[0] !== length)
      throw new RangeError(`scan expected sequences of length ${length}, got ${shapeText(shape)}`);
  }

  const carryIn = carry.map(({ shape }, i) => input(`carry.${i}`, shape));
  const items = sequences.map(({ shape, dtype }, i) => input(`item.${i}`, shape.slice(1), dtype));
  const fixed = constants.map(({ shape, dtype }, i) => input(`constant.${i}`, shape, dtype));
  const step = options.step(carryIn, items, fixed);
  const outputs = step.outputs ?? [];
  assertDType("scan body", "f32", ...step.carry, ...outputs);
  assertCarry(carry, step.carry);
  const body = { inputs: [...carryIn, ...items, ...fixed], outputs: [...step.carry, ...outputs] };
  assertClosed(body.inputs, body.outputs);

  const attributes = { length, numCarries: carry.length, numSequences: sequences.length, reverse };
  const node = createNode("scan", [...carry, ...sequences, ...constants], [], { attributes, body });
  return {
    carry: carry.map((_, i) => scanOutput(node, i)),
    outputs: outputs.map((_, i) => scanOutput(node, carry.length + i)),
  };
}

/** Result `index` of a scan node, in the order that `scan` states. */
export function scanOutput(node: Tensor, index: number): Tensor {
  const { length, numCarries } = scanAttributes(node);
  const results = node.body!.outputs;
  const isHistory = index >= results.length;
  const item = (isHistory ? results[index - results.length] : results[index])!.shape;
  const shape = index < numCarries ? item : [length, ...item];
  return createNode("scanOutput", [node], shape, { attributes: { index } });
}

/** The typed attributes of a scan node. */
export function scanAttributes(node: Tensor): {
  length: number;
  numCarries: number;
  numSequences: number;
  reverse: boolean;
} {
  const { length, numCarries, numSequences, reverse } = node.attributes;
  return {
    length: length as number,
    numCarries: numCarries as number,
    numSequences: numSequences as number,
    reverse: reverse as boolean,
  };
}

function assertCarry(before: readonly Tensor[], after: readonly Tensor[]): void {
  if (before.length !== after.length) {
    throw new RangeError(`scan body expected ${before.length} carries, got ${after.length}`);
  }
  before.forEach(({ shape }, i) => {
    if (!sameShape(shape, after[i]!.shape)) {
      throw new RangeError(`scan body expected carry ${i} as ${shapeText(shape)}, got ${shapeText(after[i]!.shape)}`);
    }
  });
}

function assertClosed(inputs: readonly Tensor[], outputs: readonly Tensor[]): void {
  const known = new Set(inputs);
  for (const node of topologicalOrder(outputs, inputs)) {
    if (node.op === "input" && !known.has(node)) {
      throw new RangeError(`scan body uses the outer tensor "${node.attributes.name}"; list it in "constants"`);
    }
  }
}
