import { describe, expect, it } from "vitest";
import { DataFormatError } from "../../../../shared/data/dataFormatError.ts";
import { karateClub } from "../../../../shared/data/graph/karateClub.ts";
import { nodeTargets } from "../../../../shared/data/graph/nodeTargets.ts";
import { normalizeFeatures } from "../../../../shared/data/graph/normalizeFeatures.ts";
import { parseGraphCollection } from "../../../../shared/data/graph/parseGraphCollection.ts";
import { parseGraphJson } from "../../../../shared/data/graph/parseGraphJson.ts";

const FILE = {
  numNodes: 4,
  numFeatures: 3,
  numClasses: 3,
  edges: [
    [2, 1],
    [0, 1],
    [0, 3],
  ],
  features: [[0, 2], [], [1], [0]],
  labels: [0, 1, 1, 0],
  split: { train: [0], val: [1], test: [2, 3] },
};

describe("parseGraphJson", () => {
  it("reads nodes, sorted edges, binary features, classes and the split", () => {
    const { graph, labels, numClasses, split } = parseGraphJson(JSON.stringify(FILE));
    expect(graph).toEqual({
      numNodes: 4,
      numFeatures: 3,
      features: Float32Array.of(1, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 0),
      edges: [
        [0, 1],
        [0, 3],
        [1, 2],
      ],
    });
    expect(labels).toEqual(Int32Array.of(0, 1, 1, 0));
    expect(numClasses).toBe(3);
    expect(split).toEqual({ train: [0], validation: [1], test: [2, 3] });
  });

  it("gives each node a feature of its own, and counts the classes, where the file says nothing of them", () => {
    const { graph, numClasses, split } = parseGraphJson('{"numNodes":2,"edges":[[0,1]],"labels":[1,0]}');
    expect(graph.features).toEqual(Float32Array.of(1, 0, 0, 1));
    expect(numClasses).toBe(2);
    expect(split).toBeUndefined();
  });

  it.each([
    ["text that is no JSON", "{", "cannot be parsed"],
    ["a list", "[]", "expected an object"],
    ["no nodes", { ...FILE, numNodes: 0 }, '"numNodes" expected a whole number >= 1, got 0'],
    ["a missing member", { ...FILE, edges: undefined }, '"edges" expected a list, got nothing'],
    ["an edge to nowhere", { ...FILE, edges: [[0, 4]] }, "nodes 0 .. 3, got [0, 4]"],
    ["half an edge", { ...FILE, edges: [[0]] }, "nodes 0 .. 3"],
    ["a loop", { ...FILE, edges: [[1, 1]] }, "between two nodes, got [1, 1]"],
    [
      "an edge twice",
      {
        ...FILE,
        edges: [
          [0, 1],
          [1, 0],
        ],
      },
      "got [0, 1] twice",
    ],
    ["too few labels", { ...FILE, labels: [0] }, "4 classes (one a node), got 1"],
    ["a label beyond the classes", { ...FILE, labels: [0, 1, 3, 0] }, '"labels" expected numbers in [0, 2], got 3'],
    [
      "a feature beyond the features",
      { ...FILE, features: [[3], [], [], []] },
      "node 0 expected numbers in [0, 2], got 3",
    ],
    ["too few feature lists", { ...FILE, features: [[]] }, "4 lists (one a node), got 1"],
    ["features without their number", { ...FILE, numFeatures: undefined }, '"numFeatures" expected'],
    [
      "a split beyond the nodes",
      { ...FILE, split: { train: [9], val: [], test: [] } },
      '"split.train" expected numbers in [0, 3]',
    ],
    ["a split without a test", { ...FILE, split: { train: [], val: [] } }, '"split.test" expected a list'],
    [
      "more features than memory",
      { ...FILE, numNodes: 2 ** 20, numFeatures: 2 ** 20, labels: Array(2 ** 20).fill(0) },
      "feature values",
    ],
  ])("refuses %s", (_, file, message) => {
    const text = typeof file === "string" ? file : JSON.stringify(file);
    expect(() => parseGraphJson(text)).toThrow(DataFormatError);
    expect(() => parseGraphJson(text)).toThrow(message);
  });
});

/** A triangle of tags 0, 0, 2 labelled 7, and two joined nodes labelled 5. */
const TEXT = "2\n3 7\n0 2 1 2\n0 2 0 2\n2 2 0 1\n2 5\n1 1 1\n0 1 0\n";

describe("parseGraphCollection", () => {
  it("reads graphs with one-hot tags, edges once, and classes in the order of their labels", () => {
    const { graphs, labels, classNames } = parseGraphCollection(TEXT);
    expect(classNames).toEqual(["5", "7"]);
    expect(labels).toEqual(Int32Array.of(1, 0));
    expect(graphs[0]).toEqual({
      numNodes: 3,
      numFeatures: 3,
      features: Float32Array.of(1, 0, 0, 1, 0, 0, 0, 0, 1),
      edges: [
        [0, 1],
        [0, 2],
        [1, 2],
      ],
    });
    expect(graphs[1]).toMatchObject({ numNodes: 2, numFeatures: 3, edges: [[0, 1]] });
  });

  it.each([
    ["an empty file", "", "line 1 expected the number of graphs"],
    ["words", "MUTAG\n", 'got "MUTAG"'],
    ["no graphs", "0\n", "at least one graph"],
    ["a graph without a label", "1\n3\n", 'line 2 expected "nodes label"'],
    ["too few nodes", "1\n2 0\n0 0\n", "line 4"],
    ["a degree that is not the number of neighbours", "1\n2 0\n0 2 1\n0 1 0\n", "line 3 expected a tag"],
    ["an edge that one node lists", "1\n2 0\n0 1 1\n0 0\n", "0 -> 1 alone"],
    ["a neighbour that is not there", "1\n2 0\n0 1 5\n0 0\n", "0 -> 5 alone"],
    ["a loop", "1\n1 0\n0 1 0\n", "between two nodes, got [0, 0]"],
  ])("refuses %s", (_, text, message) => {
    expect(() => parseGraphCollection(text)).toThrow(DataFormatError);
    expect(() => parseGraphCollection(text)).toThrow(message);
  });
});

describe("karateClub", () => {
  it("has the published counts", () => {
    const { graph, labels, split } = karateClub();
    expect([graph.numNodes, graph.edges.length]).toEqual([34, 78]);
    expect(labels.filter((faction) => faction === 0)).toHaveLength(17);
    const degree = new Array<number>(34).fill(0);
    for (const node of graph.edges.flat()) degree[node] = (degree[node] as number) + 1;
    // Degrees of the two leaders and of the treasurer, and the one member with a single tie (Zachary 1977).
    expect([degree[0], degree[33], degree[32], degree[11]]).toEqual([16, 17, 12, 1]);
    expect(Math.min(...degree)).toBe(1);
    expect(split?.test).toHaveLength(32);
  });
});

describe("nodeTargets", () => {
  it("leaves only the given nodes to the loss", () => {
    expect(nodeTargets(Int32Array.of(3, 4, 5), [2, 0])).toEqual(Int32Array.of(3, -1, 5));
    expect(() => nodeTargets(Int32Array.of(3), [1])).toThrow(RangeError);
  });
});

describe("normalizeFeatures", () => {
  it("makes each row sum to 1 and leaves empty rows and the original alone", () => {
    const { graph } = parseGraphJson(JSON.stringify(FILE));
    expect(normalizeFeatures(graph).features).toEqual(Float32Array.of(0.5, 0, 0.5, 0, 0, 0, 0, 1, 0, 1, 0, 0));
    expect(graph.features[0]).toBe(1);
  });
});
