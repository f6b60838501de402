import { createRng } from "../shared/base/rng.ts";
import type { Dataset } from "../shared/data/dataset.ts";
import { karateClub } from "../shared/data/graph/karateClub.ts";
import { nodeDatasets } from "../shared/data/graph/nodeDatasets.ts";
import { holdOut } from "../shared/data/split/holdOut.ts";
import { subsetDataset } from "../shared/data/subsetDataset.ts";
import { bracketsText, sumsText } from "../shared/data/synthetic/grammarText.ts";
import { linearRegressionToy, logisticRegressionToy } from "../shared/data/synthetic/linearToy.ts";
import { lowRankRatings } from "../shared/data/synthetic/lowRankRatings.ts";
import { SENSOR_CLASSES, sensorWindows } from "../shared/data/synthetic/sensorWindows.ts";
import { textDatasets } from "../shared/data/text/textDatasets.ts";
import { loadMnist } from "./loadMnist.ts";
import type { SourceData } from "./sourceData.ts";

/** Data that needs no file. Made-up sets come from a seed of their own: the same bytes whatever the experiment's seed. */
export const BUILTIN_DATA_NAMES = [
  "mnist",
  "karate",
  "sensors",
  "ratings",
  "sums",
  "brackets",
  "linear",
  "logistic",
] as const;

export type BuiltinDataName = (typeof BUILTIN_DATA_NAMES)[number];

const COEFFICIENTS = [1.5, -2, 0.5, 0, 1, -1, 0.25, -0.5];

/** Reads or makes one of the built-in data sets. */
export async function loadBuiltinData(name: BuiltinDataName): Promise<SourceData> {
  const rng = createRng("built-in data", name);
  switch (name) {
    case "mnist":
      return { ...(await loadMnist()), notes: [] };
    case "karate":
      return { ...nodeDatasets(karateClub(), "dense"), notes: ["karate: 34 nodes, 2 of them labelled, 2 classes"] };
    case "sensors":
      return {
        ...splitRows(sensorWindows({ numExamples: 3600, numSubjects: 30 }, rng)),
        notes: [`sensors: 30 subjects, classes ${SENSOR_CLASSES.join(", ")}`],
      };
    case "ratings":
      return {
        ...lowRankRatings({ numUsers: 200, numItems: 100, rank: 4 }, rng),
        notes: ["ratings: 200 users, 100 items, rank 4, noise of 0.1"],
      };
    case "sums":
      return asText(sumsText({ numLines: 5000, largest: 20 }, rng), 32);
    case "brackets":
      return asText(bracketsText({ numLines: 5000, maxDepth: 4 }, rng), 32);
    case "linear":
      return {
        ...splitRows(linearRegressionToy({ numExamples: 2000, coefficients: COEFFICIENTS, intercept: 0.5 }, rng)),
        notes: [],
      };
    case "logistic":
      return {
        ...splitRows(logisticRegressionToy({ numExamples: 2000, coefficients: COEFFICIENTS, intercept: 0.5 }, rng)),
        notes: [],
      };
  }
}

function asText(text: string, length: number): SourceData {
  const datasets = textDatasets(text, { length, testFraction: 0.1 });
  return { ...datasets, notes: [`text: ${datasets.vocabulary.tokens.length} token ids, windows of ${length}`] };
}

/** Every sixth example, on average, is held out. */
function splitRows(dataset: Dataset): { readonly train: Dataset; readonly test: Dataset } {
  const { train, test } = holdOut(dataset.numExamples, 1 / 6, createRng("built-in data", "hold-out"));
  return { train: subsetDataset(dataset, train.slice().sort()), test: subsetDataset(dataset, test.slice().sort()) };
}
