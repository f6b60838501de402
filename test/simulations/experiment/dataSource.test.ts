import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parseExperiment } from "../../../simulations/experiment/experiment.ts";
import { loadData } from "../../../simulations/experiment/loadData.ts";
import { loadExperiment } from "../../../simulations/experiment/loadExperiment.ts";
import { UsageError } from "../../../simulations/experiment/usageError.ts";
import { createPopulation } from "../../../simulations/population.ts";
import { TINY_EXPERIMENT } from "../support/tinyExperiment.ts";

const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/data/${name}`, import.meta.url));
const withSource = (source: unknown) => ({ ...TINY_EXPERIMENT, data: { source } });

describe("an experiment's data", () => {
  it.each([
    ["text", { text: "a.txt" }, { text: "a.txt", length: 80, testFraction: 0.1 }],
    ["roles", { roles: "a" }, { roles: "a", length: 80, testFraction: 0.2 }],
    ["graphs", { mutag: "a" }, { mutag: "a", form: "dense", folds: 10, fold: 0 }],
    ["messages", { sms: "a" }, { sms: "a", form: "bag", maxTokens: 2000, testFraction: 0.2 }],
    ["devices", { synthetic: "fedprox" }, { synthetic: "fedprox", alpha: 1, beta: 1, clients: 30 }],
  ])("fills the defaults of %s in", (_, source, filled) => {
    expect(parseExperiment(withSource(source)).data.source).toEqual(filled);
  });

  it.each([
    ["a mistyped kind of file", { rolse: "a" }, 'did you mean "roles"?'],
    ["an object that names no file", {}, 'expected an object with one of "csv", "idx", "text"'],
    ["a member of another kind", { cora: "a", label: "y" }, '"data.source.label" is not known here; known are "cora"'],
    ["a mistyped form", { sms: "a", form: "word" }, 'got "word"; did you mean "words"?'],
    [
      "a window of nothing",
      { text: "a", length: 0 },
      '"data.source.length" expected a whole number in [1, 4096], got 0',
    ],
    ["made-up data of another name", { synthetic: "fedproks" }, 'did you mean "fedprox"?'],
    ["a mistyped built-in set", "sensor", 'did you mean "sensors"?'],
  ])("answers %s with what is wrong", (_, source, message) => {
    expect(() => parseExperiment(withSource(source))).toThrow(UsageError);
    expect(() => parseExperiment(withSource(source))).toThrow(message);
  });

  it("is looked for beside the experiment's file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "headwater-source-"));
    try {
      const path = join(folder, "roles.json");
      await writeFile(path, JSON.stringify(withSource({ roles: "data/roles.jsonl", length: 20 })));
      expect(loadExperiment(path, ["data.root=9", 'aggregation={"kind":"fltrust"}']).data).toMatchObject({
        source: { roles: join(folder, "data/roles.jsonl"), length: 20 },
        root: 9,
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("is made up by numbers and the seed, and no path", async () => {
    const { data, ...rest } = loadExperiment("fedprox-synthetic", ["data.source.clients=3", "partition.clients=3"]);
    expect(data.source).toEqual({ synthetic: "fedprox", alpha: 1, beta: 1, clients: 3 });
    const { train } = await loadData({ data, ...rest });
    expect(new Set(train.groups)).toEqual(new Set([0, 1, 2]));
    expect((await loadData({ data, seed: 2 })).train.numExamples).not.toBe(train.numExamples);
  });

  it("goes to its natural owners with the partition of that name", async () => {
    const partition = { kind: "natural", clients: 2 };
    const experiment = parseExperiment({ ...withSource({ roles: fixture("roles.jsonl"), length: 8 }), partition });
    const { train } = await loadData(experiment);
    const { rows, rowStarts } = createPopulation(experiment, train);
    const owners = (client: number): number[] =>
      [...rows.subarray(rowStarts[client], rowStarts[client + 1])].map((row) => train.groups?.[row] as number);
    expect(new Set(owners(0))).toEqual(new Set([0]));
    expect(new Set(owners(1))).toEqual(new Set([1]));
    expect(rowStarts[2]).toBe(train.numExamples);
  });

  it("says that data without owners has no natural partition", async () => {
    const experiment = parseExperiment({ ...withSource("linear"), partition: { kind: "natural", clients: 2 } });
    const { train } = await loadData(experiment);
    expect(() => createPopulation(experiment, train)).toThrow(UsageError);
  });

  it.each([
    ["a file that is not there", { text: fixture("none.txt") }, "none.txt"],
    ["a file of another format", { roles: fixture("messages.tsv") }, "roles line 1 cannot be parsed"],
    [
      "a fold beyond the folds",
      { mutag: fixture("graphs.txt"), folds: 5, fold: 7 },
      '"fold" expected a number in [0, 4]',
    ],
    ["more folds than graphs", { mutag: fixture("graphs.txt"), folds: 11 }, '"numFolds"'],
    ["a stride beyond the window", { text: fixture("graphs.txt"), length: 8, stride: 9 }, '"stride" expected'],
  ])("answers %s as wrong usage", async (_, source, message) => {
    const loading = loadData(parseExperiment(withSource(source)));
    await expect(loading).rejects.toThrow(UsageError);
    await expect(loading).rejects.toThrow(message);
  });
});
