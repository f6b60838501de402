import { DataFormatError } from "../dataFormatError.ts";
import type { AttributedGraph } from "./attributedGraph.ts";
import { checkEdges } from "./checkEdges.ts";

/** One graph whose nodes have classes, and which of them are trained on. */
export interface LabelledGraph {
  readonly graph: AttributedGraph;
  /** Class id of each node, [numNodes]. */
  readonly labels: Int32Array;
  readonly numClasses: number;
  /** Nodes of each part, where the file carries a split. */
  readonly split?: Readonly<Record<SplitPart, readonly number[]>>;
}

type SplitPart = "train" | "validation" | "test";

/** A dense feature matrix beyond this many values is refused: 1 GiB of f32. */
const MAX_FEATURE_VALUES = 2 ** 28;

/**
 * Reads a graph from JSON: `{ numNodes, edges: [[a, b], ...], labels: [class of each node] }`, and optionally `numClasses`,
 * `numFeatures` with `features` (for each node the numbers of the binary features it has), and `split` with lists of nodes
 * `train`, `val` or `validation`, `test`. Without features each node has one of its own (the identity matrix).
 * @throws DataFormatError that names the member, what was expected and what came.
 */
export function parseGraphJson(text: string): LabelledGraph {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new DataFormatError(`graph JSON cannot be parsed: ${(error as Error).message}`, { cause: error });
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new DataFormatError('graph JSON expected an object with "numNodes", "edges" and "labels"');
  }
  const file = json as Readonly<Record<string, unknown>>;
  const numNodes = wholeNumber(file, "numNodes");
  const edges = checkEdges('graph JSON "edges"', listOfLists(file, "edges"), numNodes);
  const labels = numberList('"labels"', file.labels);
  if (labels.length !== numNodes) {
    throw new DataFormatError(`graph JSON "labels" expected ${numNodes} classes (one a node), got ${labels.length}`);
  }
  const numClasses =
    file.numClasses === undefined
      ? labels.reduce((most, label) => Math.max(most, label + 1), 1)
      : wholeNumber(file, "numClasses");
  checkRange('"labels"', labels, numClasses);
  const graph = { numNodes, edges, ...readFeatures(file, numNodes) };
  const split = readSplit(file.split, numNodes);
  return { graph, labels: Int32Array.from(labels), numClasses, ...(split ? { split } : {}) };
}

function readFeatures(
  file: Readonly<Record<string, unknown>>,
  numNodes: number,
): Pick<AttributedGraph, "numFeatures" | "features"> {
  const isGiven = file.features !== undefined;
  const numFeatures = isGiven ? wholeNumber(file, "numFeatures") : numNodes;
  if (numNodes * numFeatures > MAX_FEATURE_VALUES) {
    throw new DataFormatError(
      `graph JSON expected <= ${MAX_FEATURE_VALUES} feature values, got ${numNodes} nodes x ${numFeatures}`,
    );
  }
  const features = new Float32Array(numNodes * numFeatures);
  if (!isGiven) {
    for (let node = 0; node < numNodes; node++) features[node * numNodes + node] = 1;
    return { numFeatures, features };
  }
  const lists = listOfLists(file, "features");
  if (lists.length !== numNodes) {
    throw new DataFormatError(`graph JSON "features" expected ${numNodes} lists (one a node), got ${lists.length}`);
  }
  for (const [node, list] of lists.entries()) {
    checkRange(`"features" of node ${node}`, list, numFeatures);
    for (const feature of list) features[node * numFeatures + feature] = 1;
  }
  return { numFeatures, features };
}

function readSplit(split: unknown, numNodes: number): LabelledGraph["split"] {
  if (split === undefined) return undefined;
  if (typeof split !== "object" || split === null) {
    throw new DataFormatError('graph JSON "split" expected an object with "train", "val" and "test"');
  }
  const lists = split as Readonly<Record<string, unknown>>;
  const part = (name: string, value: unknown): readonly number[] => {
    const nodes = numberList(`"split.${name}"`, value);
    checkRange(`"split.${name}"`, nodes, numNodes);
    return nodes;
  };
  return {
    train: part("train", lists.train),
    validation: part("val", lists.val ?? lists.validation),
    test: part("test", lists.test),
  };
}

function wholeNumber(file: Readonly<Record<string, unknown>>, name: string): number {
  const value = file[name];
  if (!Number.isSafeInteger(value) || (value as number) < 1 || (value as number) > 2 ** 24) {
    throw new DataFormatError(`graph JSON "${name}" expected a whole number >= 1, got ${shown(value)}`);
  }
  return value as number;
}

function listOfLists(file: Readonly<Record<string, unknown>>, name: string): readonly (readonly number[])[] {
  const value = file[name];
  if (!Array.isArray(value)) throw new DataFormatError(`graph JSON "${name}" expected a list, got ${shown(value)}`);
  return value.map((list, at) => numberList(`"${name}" entry ${at}`, list));
}

function numberList(where: string, value: unknown): readonly number[] {
  if (Array.isArray(value) && value.every(Number.isSafeInteger)) return value as number[];
  throw new DataFormatError(`graph JSON ${where} expected a list of whole numbers, got ${shown(value)}`);
}

function checkRange(where: string, values: readonly number[], bound: number): void {
  const wrong = values.find((value) => value < 0 || value >= bound);
  if (wrong === undefined) return;
  throw new DataFormatError(`graph JSON ${where} expected numbers in [0, ${bound - 1}], got ${wrong}`);
}

function shown(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value).slice(0, 60);
}
