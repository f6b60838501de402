import { expect, it } from "vitest";
import { fuse } from "../../../shared/engine/compile/fuse.ts";
import { explainProgram } from "../../../shared/engine/explainProgram.ts";
import { buildTrainingGraph } from "../../../shared/models/trainingGraph.ts";
import { zooModel } from "../../../shared/models/zoo.ts";

it("explainProgram > shows softmax regression as the eleven kernel calls of a step", () => {
  const plan = { epochs: 1, batchSize: 10, optimizer: { kind: "sgd", learningRate: 0.1 } } as const;
  const graph = buildTrainingGraph(zooModel("softmax-regression"), plan, 10);
  const text = explainProgram(fuse(graph, { gather: { scale: 1, offset: 0 }, totals: [0] }));
  const calls = [...text.matchAll(/(\w+)\(/g)].map(([, kernel]) => kernel);
  expect(calls).toEqual([
    ...["gather", "gather", "matmul", "crossEntropy", "fill", "reduceSum", "crossEntropyGrad"],
    ...["subMul", "matmul", "reduceSum", "accumulate"],
  ]);
  // Two products of 10 · 784 · 10 multiply-adds, and what is done once an element or a logit.
  expect(text).toContain(`${2 * 2 * 78_400 + 4 * 100 + 10 + 1} FLOP a step`);
  expect(text).toMatch(/^params\.layers\.0\.w \[784, 10\] <- matmul\(/m);
});
