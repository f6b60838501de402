import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { loadIdxDirectory } from "../../datasets/loadIdx.ts";
import { loadMnist } from "../../datasets/loadMnist.ts";

describe("loadMnist", () => {
  it("reads the published files, byte for byte, into shared memory", async () => {
    const { train, test } = await loadMnist();
    expect(train).toMatchObject({ numExamples: 60_000, inputShape: [784], targetSize: 1 });
    expect(test).toMatchObject({ numExamples: 10_000, inputShape: [784], targetSize: 1 });
    expect(train.inputs.buffer).toBeInstanceOf(SharedArrayBuffer);
    // Digests of the unpacked files as published; the label counts are those of LeCun's test set.
    expect(sha256(train.inputs.buffer)).toBe("ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db");
    expect(sha256(test.inputs.buffer)).toBe("0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7");
    const counts = new Array<number>(10).fill(0);
    for (const label of test.targets) counts[label] = (counts[label] as number) + 1;
    expect(counts).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
  });
});

describe("loadIdxDirectory", () => {
  it("reads a gzipped training pair without a test set, and says what a folder lacks", async () => {
    const folder = await mkdtemp(join(tmpdir(), "headwater-idx-"));
    try {
      await expect(loadIdxDirectory(folder)).rejects.toThrow("found none");
      const images = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4);
      await writeFile(join(folder, "train-images-idx2-ubyte.gz"), gzipSync(images));
      await expect(loadIdxDirectory(folder)).rejects.toThrow("found train-images-idx2-ubyte.gz");
      await writeFile(join(folder, "train-labels-idx1-ubyte"), Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 0, 1));
      const { train, test } = await loadIdxDirectory(folder);
      expect([...train.inputs]).toEqual([1, 2, 3, 4]);
      expect(test).toBeUndefined();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

function sha256(buffer: ArrayBufferLike): string {
  return createHash("sha256").update(Buffer.from(buffer)).digest("hex");
}
