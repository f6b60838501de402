import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadDataFile } from "../../datasets/loadDataFile.ts";
import { DataFormatError } from "../../shared/data/dataFormatError.ts";
import type { Dataset } from "../../shared/data/dataset.ts";
import { createTokenizer } from "../../shared/data/text/createTokenizer.ts";
import type { Vocabulary } from "../../shared/data/text/vocabulary.ts";

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/data/${name}`, import.meta.url));

/** What a group of a dataset says: its inputs run on, and the last target, which is no input. */
function spoken({ inputs, targets, groups, targetSize }: Dataset, group: number, vocabulary: Vocabulary): string {
  const rows = [...(groups?.keys() ?? [])].filter((row) => groups?.[row] === group);
  const ids = rows.flatMap((row) => [...inputs.subarray(row * targetSize, (row + 1) * targetSize)]);
  const last = rows
    .flatMap((row) => [...targets.subarray(row * targetSize, (row + 1) * targetSize)])
    .filter((id) => id >= 0);
  return createTokenizer(vocabulary).decode([...ids, last.at(-1) as number]);
}

describe("loadDataFile", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "headwater-data-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function file(name: string, content: string | Uint8Array): Promise<string> {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  }

  it("makes a client of each speaking role, its last lines held out", async () => {
    const { train, test, vocabulary, notes } = await loadDataFile({ roles: fixture("roles.jsonl"), length: 8 }, 1);
    if (!vocabulary || !test) throw new Error("expected a vocabulary and a test set");
    // The gull has one line only, so groups are the pilot and the mate: 4 of 5 lines, 1 of 2.
    expect(spoken(train, 0, vocabulary)).toBe("The tide is in.\nCast off the bow line!\nSteady now.\nMind the bar.\n");
    expect(spoken(test, 0, vocabulary)).toBe("\uFFFDe are o\uFFFDer.\n"); // nobody says "W" or "v" in training
    expect(spoken(train, 1, vocabulary)).toBe("Aye, the bow is clear.\n");
    expect(spoken(test, 1, vocabulary)).toBe("Steady it is.\n");
    expect(notes[0]).toContain("2 roles");
  });

  it("reads a plain text, unpacking gzip, the end of it held out", async () => {
    const path = await file("text.gz", gzipSync("abcdefgh".repeat(10)));
    const { train, test } = await loadDataFile({ text: path, length: 8, testFraction: 0.25 }, 1);
    expect(train).toMatchObject({ numExamples: 8, inputShape: [8], targetSize: 8 }); // 60 characters, 59 predictions
    expect(test?.numExamples).toBe(3); // 20 characters, 19 predictions
  });

  it("reads one graph for node classification with its split, features normalised", async () => {
    const { train, validation, test } = await loadDataFile({ cora: fixture("graph.json") }, 1);
    expect(train).toMatchObject({ numExamples: 1, inputShape: [6 * 4 + 2 * 14], targetSize: 6 });
    expect([...train.inputs.slice(4, 8)]).toEqual([0.5, 0.5, 0, 0]);
    expect([...train.targets]).toEqual([0, -1, -1, 1, -1, -1]);
    expect([...(validation?.targets ?? [])]).toEqual([-1, 0, -1, -1, -1, -1]);
    expect([...(test?.targets ?? [])]).toEqual([-1, -1, 0, -1, 1, 1]);
    expect(test?.inputs).toBe(train.inputs);
  });

  it("says that a graph without a split cannot be judged", async () => {
    const path = await file("graph.json", '{"numNodes":2,"edges":[[0,1]],"labels":[0,1]}');
    await expect(loadDataFile({ cora: path }, 1)).rejects.toThrow('expected a "split"');
  });

  it.each(["dense", "cells"] as const)("reads graphs in folds that hold each out once (%s)", async (form) => {
    const folds = await Promise.all(
      [0, 1, 2, 3, 4].map((fold) => loadDataFile({ mutag: fixture("graphs.txt"), form, fold, folds: 5 }, 3)),
    );
    for (const { train, test } of folds) {
      expect([train.numExamples, test?.numExamples]).toEqual([8, 2]);
      expect([...(test?.targets ?? [])].sort()).toEqual([0, 1]); // one ring, one path
      expect(train.inputShape).toEqual(test?.inputShape);
    }
    // Ten graphs differ from each other, so ten rows mean that each was held out once.
    const rows = folds.flatMap(({ test }) => {
      const size = (test?.inputs.length ?? 0) / 2;
      return [test?.inputs.slice(0, size).join(), test?.inputs.slice(size).join()];
    });
    expect(new Set(rows).size).toBe(10);
    expect(folds[0]?.train.inputShape).toEqual(form === "dense" ? [7, 2 + 7] : [7 * 2 + 7 * 7 + 7 * 1]);
  });

  it("refuses a fold that is not there", async () => {
    const source = { mutag: fixture("graphs.txt"), form: "dense", fold: 10 } as const;
    await expect(loadDataFile(source, 1)).rejects.toThrow('"fold" expected a number in [0, 9], got 10');
  });

  it.each([
    ["bag", 20],
    ["bagOfFrequencies", 20],
    ["words", 6],
    ["characters", 6],
  ] as const)("reads labelled messages as %s, some of them held out", async (form, width) => {
    const source = { sms: fixture("messages.tsv"), form, maxTokens: 20, length: 6, testFraction: 0.4 };
    const { train, test, vocabulary, notes } = await loadDataFile(source, 1);
    expect([train.numExamples, test?.numExamples]).toEqual([3, 2]);
    expect(train.inputShape).toEqual([
      Math.min(width, form.startsWith("bag") ? (vocabulary?.tokens.length ?? 0) : width),
    ]);
    expect(train.inputs).toHaveLength(3 * (train.inputShape[0] as number));
    expect(notes[0]).toContain("classes ham, spam");
    const labels = [...train.targets, ...(test?.targets ?? [])];
    expect(labels.sort()).toEqual([0, 0, 0, 1, 1]);
    expect(train.inputs).toBeInstanceOf(form === "bagOfFrequencies" ? Float32Array : Uint8Array);
  });

  it("takes words from the training messages only", async () => {
    const source = { sms: fixture("messages.tsv"), form: "words", testFraction: 0.4 } as const;
    const { train, test, vocabulary } = await loadDataFile(source, 1);
    const used = new Set(train.inputs.filter((id) => id > 0));
    expect(used.size).toBe((vocabulary?.tokens.length ?? 0) - 2); // every listed word occurs, none is unknown
    expect(used.has(1)).toBe(false);
    expect(test?.inputs).toContain(1);
  });

  it.each([
    ["roles that are no JSON", "roles", "PILOT: aye\n", "roles line 1 cannot be parsed"],
    ["roles without lines", "roles", '{"play":"p","role":"r"}\n', 'roles line 1 expected "play" and "role"'],
    ["roles of numbers", "roles", '\n{"play":"p","role":"r","lines":[1]}', "roles line 2 expected"],
    ["no roles", "roles", "", "got an empty file"],
    ["roles that say one line", "roles", '{"play":"p","role":"r","lines":["a"]}', "at least one with two lines"],
    ["an empty text", "text", "", "at least two characters"],
    ["messages without a tab", "sms", "ham\tok\nspam\n", "line 2 expected label<TAB>text"],
    ["messages without a label", "sms", "\tok\n", "line 1 expected label<TAB>text"],
    ["messages of one class", "sms", "ham\tok\n", "2 to 256 classes, got 1"],
    ["a graph that is no JSON", "cora", "nodes", "cannot be parsed"],
    ["graphs that are none", "mutag", "x", "line 1 expected the number of graphs"],
  ])("refuses %s", async (_, kind, content, message) => {
    const path = await file("broken", content);
    const source = { [kind]: path, form: kind === "mutag" ? "dense" : "bag", fold: 0 };
    const loading = loadDataFile(source as unknown as Parameters<typeof loadDataFile>[0], 1);
    await expect(loading).rejects.toThrow(DataFormatError);
    await expect(loading).rejects.toThrow(message);
  });

  it("refuses broken gzip and bytes that are no text", async () => {
    const packed = gzipSync(await readFile(fixture("roles.jsonl")));
    const cut = await file("cut.gz", packed.subarray(0, 40));
    await expect(loadDataFile({ roles: cut }, 1)).rejects.toThrow(DataFormatError);
    const latin1 = await file("latin1.txt", Uint8Array.of(0x63, 0xe9));
    await expect(loadDataFile({ text: latin1 }, 1)).rejects.toThrow("UTF-8");
  });
});
