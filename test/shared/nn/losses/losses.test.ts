import { readFileSync } from "node:fs";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { runReference } from "../../../../shared/engine/reference/runReference.ts";
import { createGraph } from "../../../../shared/graph/createGraph.ts";
import { gradients } from "../../../../shared/graph/gradients/gradients.ts";
import { input, mul, reduceSum } from "../../../../shared/graph/ops.ts";
import { numElements } from "../../../../shared/graph/shape.ts";
import type { Shape } from "../../../../shared/graph/tensor.ts";
import { evaluateContext } from "../../../../shared/nn/applyContext.ts";
import {
  LOSS_NAMES,
  type LossDocument,
  lossDocumentSchema,
  lossKinds,
} from "../../../../shared/nn/losses/lossDocument.ts";
import { lossFromDocument } from "../../../../shared/nn/losses/lossFromDocument.ts";
import { type NamedArray, parseSafetensors } from "../../../../shared/params/parseSafetensors.ts";
import { expectClose } from "../../../support/expectClose.ts";
import { checkGradient } from "../../../support/gradientCheck.ts";
import { runEngine } from "../../../support/runEngine.ts";

interface LossCase {
  readonly case: string;
  readonly document: LossDocument;
}

const bytes = readFileSync(new URL("../../../fixtures/torch/losses.safetensors", import.meta.url));
const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE())).toString());
const cases: readonly LossCase[] = JSON.parse(header.__metadata__.cases);
const arrays = parseSafetensors(bytes, { maxBytes: 2 ** 20 });

interface Judged {
  readonly outputs: Shape;
  readonly targets?: readonly number[] | Float32Array | undefined;
  readonly inputShape?: Shape | undefined;
}

/** The losses of a batch as a function of its outputs, with what else they read. */
function judge(document: LossDocument, { outputs: shape, targets: values, inputShape = [1] }: Judged) {
  const loss = lossFromDocument(v.parse(lossDocumentSchema, document));
  const [batch, ...outputShape] = shape as [number, ...number[]];
  const outputs = input("outputs", shape);
  const layout = loss.targets(batch, outputShape);
  const targets = layout && input("targets", layout.shape, layout.dtype);
  const x = input("x", [batch, ...inputShape]);
  return {
    loss,
    outputs,
    targets,
    inputs: [outputs, ...(targets ? [targets] : []), x],
    feeds: { x: new Array<number>(numElements(x.shape)).fill(0), ...(targets && { targets: [...values!] }) },
    losses: loss.losses(outputs, targets, { x, ctx: evaluateContext }),
    x,
  };
}

/**
 * The fixture holds float64 results rounded to f32; ops round to f32, 6e-8 relative each, and the engine sums in f32.
 * 1e-5 leaves room for about a hundred roundings of the largest term.
 */
const TOLERANCE = 1e-5;

describe(`losses as PyTorch ${header.__metadata__.torch}`, () => {
  it.each(cases)("$case $document", ({ case: one, document }) => {
    const array = (name: string): NamedArray => arrays.get(`${one}.${name}`)!;
    const targets = arrays.get(`${one}.feed.targets`)?.values;
    const own = arrays.get(`${one}.feed.input`);
    const { losses, outputs, inputs, feeds } = judge(document, {
      outputs: array("x").shape,
      targets,
      inputShape: own?.shape.slice(1),
    });
    expect(losses.shape).toEqual(array("y").shape);
    const dLosses = input("dLosses", losses.shape);
    const graph = createGraph({
      inputs: [...inputs, dLosses],
      outputs: [losses, ...gradients(reduceSum(mul(losses, dLosses)), [outputs])],
    });
    const values = { ...feeds, outputs: array("x").values, dLosses: array("dy").values, ...(own && { x: own.values }) };
    for (const run of [runReference, runEngine]) {
      const [y, dOutputs] = run(graph, values).outputs;
      expectClose(y!, array("y").values, { tolerance: TOLERANCE, label: `${run.name} losses` });
      expectClose(dOutputs!, array("dx").values, { tolerance: TOLERANCE, label: `${run.name} gradient` });
    }
  });

  it("covers every kind", () => {
    const kinds = cases.map(({ document }) => (typeof document === "string" ? document : document.kind));
    expect(new Set(kinds)).toEqual(new Set(lossKinds.map(({ schema }) => schema.entries.kind.literal)));
  });
});

describe("losses", () => {
  const values = [0.3, -0.8, 0.5, 0.9, -0.2, 0.6, -0.4, 0.7, 0.1, -0.6, 0.2, 0.8];
  const layouts: Partial<Record<string, Judged>> = {
    softmaxCrossEntropy: { outputs: [3, 4], targets: [0, 3, 2] },
    binaryCrossEntropyWithLogits: { outputs: [3, 4], targets: values.map((value) => Math.abs(value)) },
    klDivergence: { outputs: [3, 4], targets: [0.5, 0.5, 0, 0, 0.1, 0.2, 0.3, 0.4, 0, 0, 1, 0] },
    cosineEmbedding: { outputs: [2, 2, 3], targets: [1, -1] },
    triplet: { outputs: [2, 3, 2] },
    infoNce: { outputs: [3, 2, 2] },
    reconstruction: { outputs: [3, 4], inputShape: [4] },
    variational: { outputs: [2, 5], inputShape: [3] },
    policyGradient: { outputs: [2, 3], targets: [1, 2, 0, -1] },
  };

  const documents: readonly LossDocument[] = [
    ...LOSS_NAMES,
    { kind: "infoNce", temperature: 0.5 },
    { kind: "infoNce", temperature: 0.5, negatives: "bothViews" },
  ];

  it("are all held to finite differences", () => {
    const kinds = documents.map((document) => (typeof document === "string" ? document : document.kind));
    expect(new Set(kinds)).toEqual(new Set(lossKinds.map(({ schema }) => schema.entries.kind.literal)));
  });

  it.each(documents)("%j gives one loss an example and has the gradient of finite differences", (document) => {
    const name = typeof document === "string" ? document : document.kind;
    const judged = layouts[name] ?? { outputs: [3, 4], targets: values };
    const { loss, targets, x, feeds } = judge(document, judged);
    expect(loss.name).toBe(name);
    checkGradient({
      shapes: [judged.outputs],
      apply(outputs) {
        const losses = loss.losses(outputs!, targets, { x, ctx: evaluateContext });
        expect(losses.shape).toEqual([judged.outputs[0]]);
        return losses;
      },
      extraInputs: [...(targets ? [targets] : []), x],
      feeds,
    });
  });

  it.each([
    ["softmaxCrossEntropy", [4]],
    ["binaryCrossEntropyWithLogits", [4]],
  ] as const)("%s has a finite gradient of half a step at logits of zero", (name, outputShape) => {
    const targets = name === "softmaxCrossEntropy" ? [1] : [0, 1, 0, 0];
    const { losses, outputs, inputs, feeds } = judge(name, { outputs: [1, ...outputShape], targets });
    const graph = createGraph({ inputs, outputs: gradients(reduceSum(losses), [outputs]) });
    const [gradient] = runReference(graph, { ...feeds, outputs: new Float32Array(4) }).outputs;
    // softmax(0) = 1/4 each; sigmoid(0) = 1/2, over a mean of 4 places.
    const expected = name === "softmaxCrossEntropy" ? [0.25, -0.75, 0.25, 0.25] : [0.125, -0.125, 0.125, 0.125];
    expect([...gradient!]).toEqual(expected);
  });

  it("stay finite and exact for logits far from zero", () => {
    const { losses, outputs, inputs, feeds } = judge("binaryCrossEntropyWithLogits", {
      outputs: [2, 1],
      targets: [0, 0],
    });
    const graph = createGraph({ inputs, outputs: [losses, ...gradients(reduceSum(losses), [outputs])] });
    for (const run of [runReference, runEngine]) {
      const [y, gradient] = run(graph, { ...feeds, outputs: [500, -500] }).outputs;
      expect([...y!]).toEqual([500, 0]);
      expect([...gradient!]).toEqual([1, 0]);
    }
  });
});

describe("correct examples", () => {
  function countCorrect(document: LossDocument, judged: Judged, outputs: readonly number[]): number {
    const { loss, outputs: given, targets, inputs, feeds } = judge(document, judged);
    const graph = createGraph({ inputs, outputs: [loss.numCorrect!(given, targets)] });
    const [reference, engine] = [runReference, runEngine].map(
      (run) => run(graph, { ...feeds, outputs }).outputs[0]![0]!,
    );
    expect(engine).toBeCloseTo(reference!, 6);
    return reference!;
  }

  it("count by the share of their positions that are right, of those that count", () => {
    const outputs = [
      ...[1, 0, 0, 1, 0, 1], // says 0, 1, 1
      ...[5, 5, 0, 1, 2, 1], // says 0, the first of equals, then 1, 0
      ...[0, 1, 0, 1, 0, 1], // says 1, 1, 1
    ];
    const targets = [
      ...[0, 1, 1], // 3 of 3
      ...[0, -1, 0], // 2 of the 2 that count
      ...[-1, -1, -1], // nothing counts
    ];
    expect(countCorrect("softmaxCrossEntropy", { outputs: [3, 3, 2], targets }, outputs)).toBe(2);
    const one = [...targets.slice(0, 3), 1, -1, 0, -1, -1, -1]; // 3 of 3, 1 of 2
    expect(countCorrect("softmaxCrossEntropy", { outputs: [3, 3, 2], targets: one }, outputs)).toBe(1.5);
  });

  it("count the answers of yes-or-no outputs by their sign", () => {
    const judged = { outputs: [2, 2], targets: [1, 0, 1, 0] };
    expect(countCorrect("binaryCrossEntropyWithLogits", judged, [3, -1, -2, -5])).toBe(1.5);
  });
});

describe("refused are", () => {
  it.each<[string, LossDocument, Shape, string]>([
    [
      "class weights for other classes",
      { kind: "softmaxCrossEntropy", classWeights: [1, 1] },
      [3],
      "expected 2 classes",
    ],
    ["weights for other outputs", { kind: "binaryCrossEntropyWithLogits", posWeight: [1] }, [3], "got 1 for [3]"],
    ["an odd number of features", { kind: "infoNce", temperature: 1 }, [5], "infoNce expected [2, features]"],
    ["two vectors for three", "triplet", [2, 6], "triplet expected [3, features] or [3 · features]"],
    [
      "actions at positions",
      "policyGradient",
      [2, 3],
      "policyGradient expected outputs [batch, actions], got [1, 2, 3]",
    ],
  ])("%s", (_, document, outputShape, message) => {
    expect(() => lossFromDocument(document).targets(1, outputShape)).toThrow(message);
  });

  it.each<[unknown]>([
    [{ kind: "softmaxCrossEntropy", labelSmoothing: 1 }],
    [{ kind: "softmaxCrossEntropy", classWeights: [1, -1] }],
    [{ kind: "softmaxCrossEntropy", classWeights: [1, Number.POSITIVE_INFINITY] }],
    [{ kind: "binaryCrossEntropyWithLogits", posWeight: -1 }],
    [{ kind: "huber", delta: 0 }],
    [{ kind: "cosineEmbedding", margin: 2 }],
    [{ kind: "infoNce" }],
    [{ kind: "triplet", margin: -1 }],
    [{ kind: "reconstruction", measure: "absolute" }],
    [{ kind: "variational", beta: -1 }],
    [{ kind: "meanSquaredError", scale: 1 }],
    ["infoNce"],
    [5],
  ])("the document %j", (document) => {
    expect(v.safeParse(lossDocumentSchema, document).success).toBe(false);
  });

  it("outputs that do not hold an input and a latent pair", () => {
    expect(() => judge("variational", { outputs: [2, 4], inputShape: [3] })).toThrow(
      "variational expected outputs [batch, 3 + 2 · latent] for an input of 3 elements, got [2, 4]",
    );
  });
});
