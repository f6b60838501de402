import { describe, expect, it } from "vitest";
import { evaluateContext } from "../../../shared/nn/applyContext.ts";
import { linear } from "../../../shared/nn/layers/linear.ts";
import { layerContract } from "../../contract/layer.ts";
import { layersCases } from "./layersCases.ts";

for (const layerCase of layersCases) layerContract(layerCase);
describe("linear", () => {
  it("refuses a feature count that is no positive whole number", () => {
    expect(() => linear(0, 1)).toThrow('"inFeatures" expected >= 1, got 0');
    expect(() => linear(1, 1.5)).toThrow('"outFeatures" expected a whole number');
  });
});

describe("evaluateContext", () => {
  it("draws no random values", () => {
    expect(() => evaluateContext.random([1])).toThrow("check ctx.mode first");
  });
});
