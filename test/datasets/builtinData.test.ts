import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { BUILTIN_DATA_NAMES, loadBuiltinData } from "../../datasets/builtinData.ts";
import type { SourceData } from "../../datasets/sourceData.ts";
import type { Dataset } from "../../shared/data/dataset.ts";
import { numElements } from "../../shared/graph/shape.ts";

/** Inputs and targets are as long as the dataset says, and hold numbers. */
function expectWhole({ numExamples, inputShape, inputs, targets, targetSize, groups }: Dataset): void {
  expect(numExamples).toBeGreaterThan(0);
  expect(inputs).toHaveLength(numExamples * numElements(inputShape));
  expect(targets).toHaveLength(numExamples * targetSize);
  for (const values of [inputs, targets]) {
    if (values instanceof Float32Array) expect(values.every(Number.isFinite)).toBe(true);
  }
  if (groups) expect(groups).toHaveLength(numExamples);
}

function digest({ train, test, vocabulary }: SourceData): string {
  const hash = createHash("sha256").update(JSON.stringify(vocabulary ?? null));
  for (const values of [train.inputs, train.targets, test?.inputs, test?.targets]) {
    if (values) hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest("hex");
}

describe("loadBuiltinData", () => {
  it.each(BUILTIN_DATA_NAMES)("gives %s to train on and to judge by, alike in shape", async (name) => {
    const { train, test } = await loadBuiltinData(name);
    if (!test) throw new Error("expected a test set");
    for (const dataset of [train, test]) expectWhole(dataset);
    expect(test.inputShape).toEqual(train.inputShape);
    expect(test.targetSize).toBe(train.targetSize);
    expect(test.targets.constructor).toBe(train.targets.constructor);
  });

  it.each(
    BUILTIN_DATA_NAMES.filter((name) => name !== "mnist"),
  )("gives the same bytes of %s each time", async (name) => {
    expect(digest(await loadBuiltinData(name))).toBe(digest(await loadBuiltinData(name)));
  });

  it("names the ids of its texts, all of them met in training", async () => {
    for (const name of ["sums", "brackets"] as const) {
      const { train, test, vocabulary } = await loadBuiltinData(name);
      expect(new Set(train.inputs).size).toBeGreaterThanOrEqual((vocabulary?.tokens.length ?? 0) - 2);
      expect(test?.targets.includes(1)).toBe(false); // nothing unknown
    }
  });

  it("holds out every sixth window of the sensors, without regard to the subject", async () => {
    const { train, test } = await loadBuiltinData("sensors");
    expect([train.numExamples, test?.numExamples]).toEqual([3000, 600]);
    expect(new Set(train.groups).size).toBe(30);
  });
});
