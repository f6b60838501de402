import { DataFormatError } from "../dataFormatError.ts";
import type { AttributedGraph } from "./attributedGraph.ts";
import { checkEdges } from "./checkEdges.ts";

/** Graphs with one class each. */
export interface GraphCollection {
  readonly graphs: readonly AttributedGraph[];
  /** Class id of each graph, [graphs]. */
  readonly labels: Int32Array;
  /** Label of each class in the file, ascending. */
  readonly classNames: readonly string[];
}

/**
 * Reads graphs from the text format of graph kernels and DGCNN (MUTAG.txt): the number of graphs; for each graph a line
 * "nodes label" and then for each node a line "tag degree neighbour ...". Tags are 0, 1, 2 ...; features are their
 * one-hot vectors, as wide as the highest tag of the file.
 * Source of the format: Zhang et al. 2018, "An End-to-End Deep Learning Architecture for Graph Classification".
 * @throws DataFormatError with the line for anything else.
 */
export function parseGraphCollection(text: string): GraphCollection {
  const lines = text.split(/\r?\n/);
  let at = 0;
  const numbers = (what: string): number[] => {
    const line = lines[at++];
    const words = line === undefined ? [] : line.trim().split(/\s+/);
    const values = words.map(Number);
    if (words.join("") !== "" && values.every(Number.isSafeInteger)) return values;
    throw new DataFormatError(
      `graph text line ${at} expected ${what}, got ${line ? `"${line.slice(0, 40)}"` : "nothing"}`,
    );
  };
  const [numGraphs = 0] = numbers("the number of graphs");
  const raw: { readonly tags: number[]; readonly pairs: (readonly [number, number])[]; readonly line: number }[] = [];
  const rawLabels: number[] = [];
  let numTags = 0;
  for (let graph = 0; graph < numGraphs; graph++) {
    const [numNodes = 0, label] = numbers('"nodes label"');
    const line = at;
    if (numNodes < 1 || label === undefined) {
      throw new DataFormatError(`graph text line ${line} expected "nodes label" with at least one node`);
    }
    const tags: number[] = [];
    const pairs: (readonly [number, number])[] = [];
    for (let node = 0; node < numNodes; node++) {
      const [tag = -1, degree, ...neighbours] = numbers('"tag degree neighbour ..."');
      if (tag < 0 || tag >= 1000 || degree !== neighbours.length) {
        throw new DataFormatError(
          `graph text line ${at} expected a tag in [0, 999] and as many neighbours as it says, got "${lines[at - 1]}"`,
        );
      }
      numTags = Math.max(numTags, tag + 1);
      tags.push(tag);
      for (const neighbour of neighbours) pairs.push([node, neighbour]);
    }
    raw.push({ tags, pairs, line });
    rawLabels.push(label);
  }
  if (raw.length === 0) throw new DataFormatError("graph text expected at least one graph, got none");
  const values = [...new Set(rawLabels)].sort((a, b) => a - b);
  return {
    graphs: raw.map(({ tags, pairs, line }) => ({
      numNodes: tags.length,
      numFeatures: numTags,
      features: oneHot(tags, numTags),
      edges: checkEdges(`graph text line ${line}`, bothWays(pairs, line), tags.length),
    })),
    labels: Int32Array.from(rawLabels, (label) => values.indexOf(label)),
    classNames: values.map(String),
  };
}

function oneHot(tags: readonly number[], width: number): Float32Array {
  const features = new Float32Array(tags.length * width);
  for (const [node, tag] of tags.entries()) features[node * width + tag] = 1;
  return features;
}

/** Each edge once, after checking that both of its nodes list it. */
function bothWays(pairs: readonly (readonly [number, number])[], line: number): (readonly [number, number])[] {
  const listed = new Set(pairs.map(([node, neighbour]) => `${node} ${neighbour}`));
  const oneWay = pairs.find(([node, neighbour]) => !listed.has(`${neighbour} ${node}`));
  if (oneWay) {
    throw new DataFormatError(
      `graph text: the graph of line ${line} expected edges that both nodes list, got ${oneWay[0]} -> ${oneWay[1]} alone`,
    );
  }
  return pairs.filter(([node, neighbour]) => node <= neighbour);
}
