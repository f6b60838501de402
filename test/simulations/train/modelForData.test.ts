import { describe, expect, it } from "vitest";
import { loadBuiltinData } from "../../../datasets/builtinData.ts";
import { modelForData } from "../../../simulations/train/modelForData.ts";

describe("modelForData", () => {
  it("takes a text model's vocabulary and context from the text", async () => {
    const data = await loadBuiltinData("brackets");
    const numTokens = data.vocabulary!.tokens.length;
    expect(modelForData("tiny-gpt", data).outputShape).toEqual([32, numTokens]);
    expect(modelForData("tiny-gpt", data, { vocabulary: numTokens + 3 }).outputShape).toEqual([32, numTokens + 3]);
  });

  it("takes a dense graph's nodes, features and classes from its rows", async () => {
    expect(modelForData("gcn-karate", await loadBuiltinData("karate")).outputShape).toEqual([34, 2]);
  });

  it("takes windows, classes, inputs, users and items from the rows", async () => {
    const sensors = modelForData("sensor-cnn", await loadBuiltinData("sensors"));
    expect([...sensors.document.input.shape, ...sensors.outputShape]).toEqual([128, 3, 6]);
    expect(modelForData("linear-regression", await loadBuiltinData("linear")).spec.length).toBe(9);
    // 200 users and 100 items, each with 8 factors and a bias, and the mean
    expect(modelForData("matrix-factorisation", await loadBuiltinData("ratings")).spec.length).toBe(9 * 300 + 1);
  });

  it("takes what shapes do not show from the source", async () => {
    const train = { ...(await loadBuiltinData("linear")).train, targets: Uint8Array.of(0, 2), inputShape: [5 * 3 + 8] };
    const sizes = { nodes: 5, features: 3, edges: 4, classes: 3 };
    expect(modelForData("gcn", { train, sizes, notes: [] }).outputShape).toEqual([5, 3]);
  });

  it("refuses what the zoo does not know", async () => {
    const data = await loadBuiltinData("linear");
    expect(() => modelForData("linear-regresion", data)).toThrow('did you mean "linear-regression"?');
    expect(() => modelForData("linear-regression", data, { width: 3 })).toThrow("known are inputs");
  });
});
