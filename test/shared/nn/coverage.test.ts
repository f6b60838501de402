import { describe, expect, it } from "vitest";
import type { LayerDocument } from "../../../shared/nn/layer.ts";
import { layerKinds } from "../../../shared/nn/layerDocument.ts";
import { readTorchMetadata } from "../../support/torchFixture.ts";
import { activationsCases } from "./activationsCases.ts";
import { attentionCases } from "./attentionCases.ts";
import { convolutionCases } from "./convolutionCases.ts";
import { customCases } from "./customCases.ts";
import { graphsCases } from "./graphsCases.ts";
import { layersCases } from "./layersCases.ts";
import { normalisationCases } from "./normalisationCases.ts";
import { recurrentCases } from "./recurrentCases.ts";
import { spikingCases } from "./spikingCases.ts";
import { structureCases } from "./structureCases.ts";
import { variationalCase } from "./variationalCase.ts";

const contractCases = [
  ...[layersCases, activationsCases, convolutionCases, normalisationCases, recurrentCases, attentionCases],
  ...[spikingCases, graphsCases, structureCases, customCases, [variationalCase]],
].flat();

const fixtures = ["structure", "convolution", "normalisation", "recurrent", "attention", "spiking", "graphs"];

/** Kinds whose gradient is not held to finite differences, and what holds it. */
const withoutDifferences: Readonly<Record<string, string>> = {
  leakyIntegrateAndFire: "a surrogate is not the derivative of the step; surrogates.test.ts holds it to its formula",
};

/** Kinds that PyTorch has no values for, and why they need none. */
const withoutTorch: Readonly<Record<string, string>> = {
  private: "it computes what its layer does; structure.test.ts holds it to that",
};

/** The kind of a layer and of every layer within it. */
function kindsOf(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  const inner = Object.values(value).flatMap(kindsOf);
  return "kind" in value && allKinds.has(String(value.kind)) ? [String(value.kind), ...inner] : inner;
}

const allKinds = new Set<string>(layerKinds.map(({ schema }) => schema.entries.kind.literal));

function missing(documents: readonly unknown[]): string[] {
  const covered = new Set(documents.flatMap(kindsOf));
  return [...allKinds].filter((kind) => !covered.has(kind));
}

describe("every kind of layer", () => {
  it("keeps the contract, with the gradient of finite differences", () => {
    expect(missing(contractCases.map(({ layer }) => layer.document))).toEqual([]);
    const checked = contractCases.filter(({ noGradient }) => !noGradient);
    expect(missing(checked.map(({ layer }) => layer.document))).toEqual(Object.keys(withoutDifferences));
  });

  it("has values and gradients by PyTorch", () => {
    const documents = fixtures.flatMap((name) => readTorchMetadata<{ document: LayerDocument }>(name).cases);
    expect(missing(documents.map(({ document }) => document))).toEqual(Object.keys(withoutTorch));
  });
});
