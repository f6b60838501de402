import { describe, expect, it } from "vitest";
import { defineModel } from "../../../shared/models/defineModel.ts";
import type { Model } from "../../../shared/models/model.ts";
import type { ModelDocument } from "../../../shared/models/modelDocument.ts";
import { modelFromDocument } from "../../../shared/models/modelFromDocument.ts";
import { parseModelDocument } from "../../../shared/models/parseModelDocument.ts";
import { personaliseModel } from "../../../shared/models/personaliseModel.ts";
import {
  batchNorm,
  flatten,
  frozen,
  groupNorm,
  layerNorm,
  linear,
  relu,
  residual,
  transformerBlock,
} from "../../../shared/nn/layers.ts";

const normed = defineModel({
  name: "normed",
  input: { shape: [4] },
  layers: [
    linear(4, 6),
    batchNorm(6),
    relu(),
    residual([layerNorm(6), linear(6, 6), layerNorm(6, { affine: false })]),
    frozen(layerNorm(6)),
    groupNorm(2, 6),
    linear(6, 3),
    relu(),
  ],
  loss: "softmaxCrossEntropy",
});

function built(document: ModelDocument): Model {
  return modelFromDocument(parseModelDocument(JSON.parse(JSON.stringify(document))));
}

function privateEntries({ spec }: Model): string[] {
  return spec.entries.flatMap(({ name, scope, kind }) => (scope === "private" && kind !== "frozen" ? [name] : []));
}

describe("personaliseModel", () => {
  it("makes every normalisation layer with params private, wherever it stands, and keeps all names", () => {
    const model = built(personaliseModel(normed.document, { layers: "norm" }));
    expect(privateEntries(model).sort()).toEqual(
      [
        ...["layers.1.mean", "layers.1.scale", "layers.1.shift", "layers.1.variance"],
        ...["layers.3.layers.0.scale", "layers.3.layers.0.shift", "layers.5.scale", "layers.5.shift"],
      ].sort(),
    );
    const names = (of: Model): string[] => of.spec.entries.map(({ name }) => name).sort();
    expect(names(model)).toEqual(names(normed));
  });

  it("reaches the normalisation within a transformer block, and nothing else of it", () => {
    const model = defineModel({
      name: "block",
      input: { shape: [3, 4] },
      layers: [transformerBlock(4, 2, 8), flatten(), linear(12, 2)],
      loss: "softmaxCrossEntropy",
    });
    const own = privateEntries(built(personaliseModel(model.document, { layers: "norm" })));
    expect(own.length).toBe(4);
    expect(own.every((name) => /^layers\.0\.norm[12]\./.test(name))).toBe(true);
  });

  it("makes the last layers that have params private", () => {
    const one = built(personaliseModel(normed.document, { layers: { head: 1 } }));
    expect(privateEntries(one)).toEqual(["layers.6.w", "layers.6.b"]);
    const two = built(personaliseModel(normed.document, { layers: { head: 2 } }));
    expect(privateEntries(two)).toEqual(["layers.5.scale", "layers.5.shift", "layers.6.w", "layers.6.b"]);
  });

  it("refuses what leaves nothing private or nothing shared", () => {
    const plain = defineModel({
      name: "plain",
      input: { shape: [4] },
      layers: [linear(4, 2)],
      loss: "softmaxCrossEntropy",
    });
    expect(() => personaliseModel(plain.document, { layers: "norm" })).toThrow(/got "plain" without any/);
    expect(() => personaliseModel(plain.document, { layers: { head: 1 } })).toThrow(
      /"head" expected fewer layers than the 1 of "plain" that have params, got 1/,
    );
  });
});
