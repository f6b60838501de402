import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import { runReference } from "../../../shared/engine/reference/runReference.ts";
import { defineModel } from "../../../shared/models/defineModel.ts";
import { loraModel } from "../../../shared/models/lora/loraModel.ts";
import { loraParams, mergeLora } from "../../../shared/models/lora/loraParams.ts";
import type { Model } from "../../../shared/models/model.ts";
import { buildForwardGraph } from "../../../shared/models/trainingGraph.ts";
import { linear } from "../../../shared/nn/layers/linear.ts";
import { layerNorm } from "../../../shared/nn/layers/normalisation/layerNorm.ts";
import { residual } from "../../../shared/nn/layers/structure/residual.ts";
import { tanh } from "../../../shared/nn/layers/tanh.ts";

const base = defineModel({
  name: "base",
  input: { shape: [4] },
  layers: [linear(4, 6), residual([layerNorm(6), linear(6, 6), tanh()]), linear(6, 2)],
  loss: "softmaxCrossEntropy",
});
const x = Float32Array.from({ length: 12 }, (_, i) => ((i * 7) % 11) / 5 - 1);

function predict(model: Model, params: Float32Array): readonly number[] {
  const feeds: Record<string, ArrayLike<number>> = { x };
  for (const { name, offset, length } of model.spec.entries) {
    feeds[`params.${name}`] = params.subarray(offset, offset + length);
  }
  return [...runReference(buildForwardGraph(model, 3), feeds).outputs[0]!];
}

describe("loraModel", () => {
  const model = loraModel(base.document, { rank: 2, alpha: 6 });

  it("shares adapters of every linear layer, and freezes the rest under its name", () => {
    expect(model.document.name).toBe("base LoRA");
    const described = model.spec.entries.map(({ name, kind, scope }) => `${name} ${kind} ${scope}`);
    expect(described).toEqual([
      "layers.0.w.loraA trainable shared",
      "layers.0.w.loraB trainable shared",
      "layers.1.layers.1.w.loraA trainable shared",
      "layers.1.layers.1.w.loraB trainable shared",
      "layers.2.w.loraA trainable shared",
      "layers.2.w.loraB trainable shared",
      ...base.spec.entries.map(({ name }) => `${name} frozen private`),
    ]);
    // rank · (4 + 6) + rank · (6 + 6) + rank · (6 + 2)
    expect(model.spec.sharedLength).toBe(60);
  });

  it("starts as the base model, and merges into one that computes the same", () => {
    const baseParams = base.init(createRng(1));
    const params = loraParams(model, base.spec, baseParams, createRng(2));
    expect(predict(model, params)).toEqual(predict(base, baseParams));
    expect(mergeLora(model, params, base.spec)).toEqual(baseParams);

    const rng = createRng("adapters");
    for (let i = 0; i < model.spec.sharedLength; i++) params[i] = rng.nextFloat() - 0.5;
    const merged = mergeLora(model, params, base.spec);
    expect(merged).not.toEqual(baseParams);
    const expected = predict(model, params);
    // The sums differ in order only: a few roundings of 6e-8 of values of size 10 and below.
    predict(base, merged).forEach((value, i) => void expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-5));
  });

  it("adapts only the layers that it is told to", () => {
    const last = loraModel(base.document, { rank: 1, layers: [2] });
    const shared = last.spec.entries.filter(({ scope }) => scope === "shared").map(({ name }) => name);
    expect(shared).toEqual(["layers.2.w.loraA", "layers.2.w.loraB"]);
    expect(loraParams(last, base.spec, base.init(createRng(1)), createRng(2))).toHaveLength(last.spec.length);
  });

  it("refuses a model without linear maps, one that has adapters, and layers that do not exist", () => {
    expect(() => loraModel(base.document, { rank: 1, kinds: ["lstm"] })).toThrow(
      "lora expected a layer of lstm, got none",
    );
    expect(() => loraModel(model.document, { rank: 1 })).toThrow(
      "lora expected a model without adapters, got one with",
    );
    expect(() => loraModel(base.document, { rank: 1, layers: [3] })).toThrow(
      '"layers" expected a value in [0, 2], got 3',
    );
  });

  it("refuses a checkpoint of another model", () => {
    const other = defineModel({ ...base.document, layers: [linear(4, 2)] });
    const params = other.init(createRng(1));
    expect(() => loraParams(model, other.spec, params, createRng(2))).toThrow(
      '"layers.0.w" expected [4, 2] in the LoRA model, got [4, 6]',
    );
    const adapted = model.init(createRng(1));
    expect(() => mergeLora(model, adapted, other.spec)).toThrow('"layers.0.w" expected in the LoRA model');
    expect(() => loraParams(model, base.spec, params, createRng(2))).toThrow('"params" expected');
  });
});
