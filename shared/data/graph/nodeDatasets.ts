import { DataFormatError } from "../dataFormatError.ts";
import type { Dataset } from "../dataset.ts";
import { denseGraphDataset } from "./denseGraphDataset.ts";
import { nodeTargets } from "./nodeTargets.ts";
import type { LabelledGraph } from "./parseGraphJson.ts";
import { sparseGraphDataset } from "./sparseGraphDataset.ts";

export interface NodeDatasets {
  readonly train: Dataset;
  readonly validation: Dataset;
  readonly test: Dataset;
}

/**
 * Node classification on one graph: three datasets of one example, which share their inputs and differ in the nodes that have
 * a target; the others' are -1. "dense" is `denseGraphDataset`'s row, "sparse" `sparseGraphDataset`'s.
 * @throws DataFormatError if the graph carries no split.
 */
export function nodeDatasets({ graph, labels, split }: LabelledGraph, form: "dense" | "sparse"): NodeDatasets {
  if (split === undefined)
    throw new DataFormatError('graph expected a "split" into train, val and test nodes, got none');
  const targets = (nodes: readonly number[]): Int32Array => nodeTargets(labels, nodes);
  const trainTargets = targets(split.train);
  const train = form === "dense" ? denseGraphDataset([graph], trainTargets) : sparseGraphDataset(graph, trainTargets);
  return {
    train,
    validation: { ...train, targets: targets(split.validation) },
    test: { ...train, targets: targets(split.test) },
  };
}
