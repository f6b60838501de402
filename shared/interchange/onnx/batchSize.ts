import { shapeText } from "../../graph/shape.ts";
import type { Graph, Shape, Tensor } from "../../graph/tensor.ts";
import { topologicalOrder } from "../../graph/topologicalOrder.ts";

/** A size within a graph: a number, or `times` · batch size + `plus`. */
export type BatchedSize = number | { readonly times: number; readonly plus: number };

/** The two batch sizes that a graph without a fixed one is traced with: what differs depends on the batch. */
export const PROBE_BATCHES = [3, 5] as const;

/** Attributes that may grow with the batch; all others mean something else if they do. */
const GROWING: Readonly<Record<string, readonly string[]>> = {
  slice: ["start", "size"],
  pad: ["before", "after"],
  scatterAdd: ["rows"],
};

/** The size that is `first` and `second` at the two probed batch sizes. @throws RangeError unless it is linear in them. */
export function batchedSize(first: number, second: number): BatchedSize {
  if (first === second) return first;
  const times = (second - first) / (PROBE_BATCHES[1] - PROBE_BATCHES[0]);
  if (!Number.isInteger(times)) throw dependsOnBatch(`a size of ${first} and ${second}`);
  return { times, plus: first - times * PROBE_BATCHES[0] };
}

/** `batchedSize` of each axis. */
export function batchedShape(first: Shape, second: Shape): BatchedSize[] {
  return first.map((size, axis) => batchedSize(size, second[axis]!));
}

/**
 * The node of `second` for each node of `first`, bodies of loops included: the same code traced for two batch sizes.
 * @throws RangeError if they differ in more than sizes.
 */
export function pairNodes(first: Graph, second: Graph): Map<Tensor, Tensor> {
  const pairs = new Map<Tensor, Tensor>();
  pair(topologicalOrder(first.outputs), topologicalOrder(second.outputs));
  return pairs;

  function pair(nodes: readonly Tensor[], others: readonly Tensor[]): void {
    if (nodes.length !== others.length) throw dependsOnBatch("its number of ops");
    nodes.forEach((node, i) => {
      const other = others[i]!;
      assertAlike(node, other);
      pairs.set(node, other);
      if (!node.body || !other.body) return;
      node.body.inputs.forEach((formal, k) => void pairs.set(formal, other.body!.inputs[k]!));
      pair(topologicalOrder(node.body.outputs), topologicalOrder(other.body.outputs));
    });
  }
}

function assertAlike(node: Tensor, other: Tensor): void {
  if (node.op !== other.op || node.shape.length !== other.shape.length) throw dependsOnBatch(`its "${node.op}"`);
  const growing = GROWING[node.op] ?? [];
  for (const [name, value] of Object.entries(node.attributes)) {
    if (!growing.includes(name) && !isEqual(value, other.attributes[name])) {
      throw dependsOnBatch(`"${name}" of its "${node.op}" ${shapeText(node.shape)}`);
    }
  }
}

function isEqual(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.length === b.length && a.every((item, i) => item === b[i]);
}

function dependsOnBatch(what: string): RangeError {
  return new RangeError(
    `ONNX export expected a model that is the same at every batch size, but ${what} is not; give a "batchSize"`,
  );
}
