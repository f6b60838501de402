import { expect, it } from "vitest";
import { fuse } from "../../../shared/engine/compile/fuse.ts";
import { explainProgram } from "../../../shared/engine/explainProgram.ts";
import { buildTrainingGraph } from "../../../shared/models/trainingGraph.ts";
import { zooModel } from "../../../shared/models/zoo.ts";

it("explainProgram > shows softmax regression as the eleven kernel calls of a step", () => {
  const plan = { epochs: 1, batchSize: 10, optimizer: { kind: "sgd", learningRate: 0.1 } } as const;
  const graph = buildTrainingGraph(zooModel("softmax-regression"), plan, 10);
  const text = explainProgram(fuse(graph, { gather: { scale: 1, offset: 0 }, totals: [0] }));
  const calls = text.split("\n").map((line) => /(\w+)\(/.exec(line)?.[1]);
  expect(calls).toEqual([
    ...["gather", "gather", "matmul", "crossEntropy", "crossEntropyGrad"],
    ...["subMul", "matmul", "reduceSum", "fill", "reduceSum", "accumulate", undefined],
  ]);
  expect(text).toMatch(/^params\.layers\.0\.w \[784, 10\] <- matmul\(/m);
});
