import { createRng } from "../shared/base/rng.ts";
import { cellComplexDataset } from "../shared/data/graph/cellComplexDataset.ts";
import { denseGraphDataset } from "../shared/data/graph/denseGraphDataset.ts";
import { nodeDatasets } from "../shared/data/graph/nodeDatasets.ts";
import { normalizeFeatures } from "../shared/data/graph/normalizeFeatures.ts";
import { sparseGraphLayout } from "../shared/data/graph/sparseGraphDataset.ts";
import { stratifiedKFold } from "../shared/data/split/stratifiedKFold.ts";
import { subsetDataset } from "../shared/data/subsetDataset.ts";
import { type LabelledTextOptions, labelledTextDatasets } from "../shared/data/text/labelledTextDatasets.ts";
import type { TextDatasets, TextDatasetsOptions } from "../shared/data/text/textDatasets.ts";
import { loadAdult } from "./loadAdult.ts";
import { loadGraphCollection, loadGraphJson } from "./loadGraphs.ts";
import { loadHeartDisease } from "./loadHeartDisease.ts";
import { loadLabelledTexts } from "./loadLabelledTexts.ts";
import { loadShakespeareRoles } from "./loadShakespeareRoles.ts";
import { loadText } from "./loadText.ts";
import type { SourceData } from "./sourceData.ts";

/** A file to read, by what it holds; see the readers for the formats. */
export type DataFileSource =
  | ({ readonly text: string } & TextDatasetsOptions)
  | ({ readonly roles: string } & TextDatasetsOptions)
  | { readonly cora: string }
  | MutagSource
  | ({ readonly sms: string } & LabelledTextOptions)
  /** Folders. */
  | { readonly adult: string }
  | { readonly heart: string };

/** Graph classification by cross-validation: fold `fold` of `folds` (10 when absent) is the test set. */
export interface MutagSource {
  readonly mutag: string;
  /** "dense": `denseGraphDataset`'s rows; "cells": `cellComplexDataset`'s. */
  readonly form: "dense" | "cells";
  readonly fold: number;
  readonly folds?: number;
}

/**
 * Reads a file into datasets.
 * @param seed decides which rows are held out where the file does not say.
 * @throws DataFormatError if the file is not what it was said to be.
 */
export async function loadDataFile(source: DataFileSource, seed: number): Promise<SourceData> {
  if ("text" in source) return withNote(source.text, await loadText(source.text, source));
  if ("roles" in source) {
    const { roles, ...datasets } = await loadShakespeareRoles(source.roles, source);
    return withNote(`${source.roles}: ${roles.length} roles`, datasets);
  }
  if ("cora" in source) return loadCora(source.cora);
  if ("mutag" in source) return loadMutag(source, seed);
  if ("adult" in source) {
    const { train, test, encoder, occupations } = await loadAdult(source.adult);
    return { train, test, notes: [`${source.adult}: ${encoder.width} inputs, ${occupations.length} occupations`] };
  }
  if ("heart" in source) {
    const { train, test, encoder } = await loadHeartDisease(source.heart, createRng(seed, "test-split"));
    return { train, test, notes: [`${source.heart}: ${encoder.width} inputs, 4 hospitals`] };
  }
  const messages = await loadLabelledTexts(source.sms);
  return withNote(
    `${source.sms}: classes ${messages.classNames.join(", ")}`,
    labelledTextDatasets(messages, source, createRng(seed, "test-split")),
  );
}

function withNote(about: string, datasets: TextDatasets): SourceData {
  const { train, test, vocabulary } = datasets;
  return { train, test, vocabulary, notes: [`${about}, ${vocabulary.tokens.length} token ids`] };
}

async function loadCora(path: string): Promise<SourceData> {
  const labelled = await loadGraphJson(path);
  const graph = normalizeFeatures(labelled.graph);
  const { numNodes, numFeatures, numArcs } = sparseGraphLayout(graph);
  return {
    ...nodeDatasets({ ...labelled, graph }, "sparse"),
    sizes: { nodes: numNodes, features: numFeatures, edges: numArcs, classes: labelled.numClasses },
    notes: [`${path}: ${numNodes} nodes, ${numFeatures} features, ${numArcs} arcs, ${labelled.numClasses} classes`],
  };
}

async function loadMutag({ mutag, form, fold, folds = 10 }: MutagSource, seed: number): Promise<SourceData> {
  const { graphs, labels, classNames } = await loadGraphCollection(mutag);
  const part = stratifiedKFold(labels, folds, createRng(seed, "folds"))[fold];
  if (part === undefined) throw new RangeError(`"fold" expected a number in [0, ${folds - 1}], got ${fold}`);
  const { dataset, layout } =
    form === "cells"
      ? cellComplexDataset(graphs, labels)
      : { dataset: denseGraphDataset(graphs, labels), layout: undefined };
  const sizes = layout
    ? `${layout.numFeatures} features, room for ${layout.maxNodes} nodes, ${layout.maxEdges} edges and ${layout.maxRings} rings`
    : `${graphs[0]?.numFeatures} features, room for ${dataset.inputShape[0]} nodes`;
  return {
    train: subsetDataset(dataset, part.train),
    test: subsetDataset(dataset, part.test),
    ...(layout && {
      sizes: {
        ...{ nodes: layout.maxNodes, edges: layout.maxEdges, cells: layout.maxRings },
        features: layout.numFeatures,
      },
    }),
    notes: [`${mutag}: fold ${fold} of ${folds}, ${classNames.length} classes, ${sizes}`],
  };
}
