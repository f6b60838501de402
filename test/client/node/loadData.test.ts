import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadData } from "../../../client/node/loadData.ts";
import { DataFormatError } from "../../../shared/data/dataFormatError.ts";
import { temporaryFolder } from "../../support/temporaryFolder.ts";

/** An IDX file of unsigned bytes. */
function idx(shape: readonly number[], values: readonly number[]): Uint8Array {
  const head = [0, 0, 8, shape.length, ...shape.flatMap((size) => [0, 0, size >> 8, size & 255])];
  return Uint8Array.from([...head, ...values]);
}

async function idxFolder(): Promise<string> {
  const folder = temporaryFolder();
  await writeFile(
    join(folder, "train-images-idx3-ubyte"),
    idx(
      [4, 2, 2],
      Array.from({ length: 16 }, (_, i) => i),
    ),
  );
  await writeFile(join(folder, "train-labels-idx1-ubyte"), idx([4], [0, 1, 0, 1]));
  return folder;
}

describe("loadData", () => {
  it("reads a folder of IDX files, and the same files named as a pair", async () => {
    const folder = await idxFolder();
    const whole = await loadData({ source: folder, label: "label" });
    expect(whole.data).toMatchObject({ numExamples: 4, inputShape: [4] });
    const pair = `${join(folder, "train-images-idx3-ubyte")},${join(folder, "train-labels-idx1-ubyte")}`;
    expect((await loadData({ source: pair, label: "label" })).data.inputs).toEqual(whole.data.inputs);
  });

  it("reads a CSV by its label column and says which rows it left out", async () => {
    const path = join(temporaryFolder(), "cells.csv");
    await writeFile(path, "a,b,kind\n1,2,0\n3,,1\n5,6,1\n");
    const { data, notes } = await loadData({ source: path, label: "kind" });
    expect(data).toMatchObject({ numExamples: 2, inputShape: [2] });
    expect(notes).toEqual(['1 row left out; the first is row 2: "b" is empty']);
  });

  it("divides the rows among parts: each in exactly one, the same for the same seed", async () => {
    const folder = await idxFolder();
    const partOf = async (part: number, seed: number): Promise<number[]> => {
      const { data } = await loadData({ source: folder, label: "label", shard: { part, of: 2, seed } });
      return [...data.inputs];
    };
    expect((await partOf(1, 7)).concat(await partOf(2, 7)).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 16 }, (_, i) => i),
    );
    expect(await partOf(1, 7)).toEqual(await partOf(1, 7));
  });

  it.each([
    ["nothing there", "no/such/place", 'there is nothing at no/such/place; "mnist" is built in'],
    ["a label column that is not there", "a,b\n1,2\n", 'expected a label column "label", its columns are "a", "b"'],
    ["no rows", "a,label\n", "expected at least one usable row"],
  ])("says what is wrong: %s", async (_what, source, message) => {
    let path = source;
    if (source.includes("\n")) {
      path = join(temporaryFolder(), "table.csv");
      await writeFile(path, source);
    }
    const loading = loadData({ source: path, label: "label" });
    await expect(loading).rejects.toThrow(DataFormatError);
    await expect(loading).rejects.toThrow(message);
  });

  it("says what an IDX folder lacks, what kind of file it takes, and how many parts there can be", async () => {
    const folder = temporaryFolder();
    await expect(loadData({ source: folder, label: "label" })).rejects.toThrow("expected an IDX pair");
    await writeFile(join(folder, "data.parquet"), "");
    await expect(loadData({ source: join(folder, "data.parquet"), label: "label" })).rejects.toThrow("ending in .csv");
    await mkdir(join(folder, "broken"));
    await writeFile(join(folder, "broken", "train-images-idx3-ubyte"), idx([4, 2, 2], [1, 2, 3]));
    await writeFile(join(folder, "broken", "train-labels-idx1-ubyte"), idx([4], [0, 1, 0, 1]));
    await expect(loadData({ source: join(folder, "broken"), label: "label" })).rejects.toThrow(DataFormatError);
    const whole = await idxFolder();
    await expect(loadData({ source: whole, label: "label", shard: { part: 1, of: 5, seed: 1 } })).rejects.toThrow(
      "--shard expected at most 4 parts, one a row, got 5",
    );
  });
});
