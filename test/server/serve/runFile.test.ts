import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { explainStartError } from "../../../server/serve/explainStartError.ts";
import { loadTestData } from "../../../server/serve/loadTestData.ts";
import { parseRunFile, readRunFile } from "../../../server/serve/runFile.ts";
import { sampleShards } from "../../../server/serve/sampleShards.ts";
import { DataFormatError } from "../../../shared/data/dataFormatError.ts";
import { idxDataset } from "../../../shared/data/idxDataset.ts";
import { parseIdx } from "../../../shared/data/parseIdx.ts";
import { temporaryFolder } from "../../support/temporaryFolder.ts";

describe("a run file", () => {
  it("needs a name and a model; the rest has defaults", async () => {
    const { plan, model, testSource, minRoundMs } = await parseRunFile({ name: "mine", model: "2nn" }, "/runs");
    expect(plan).toEqual({ name: "mine" });
    expect(model.spec.length).toBe(199_210);
    expect({ testSource, minRoundMs }).toEqual({ testSource: undefined, minRoundMs: 0 });
  });

  it("takes paths from its own folder", async () => {
    const json = { name: "mine", model: "2nn", data: { source: { idx: "images" } } };
    expect((await parseRunFile(json, "/runs")).testSource).toEqual({ idx: "/runs/images" });
  });

  it("says whom rounds ask, what devices must be, and how often one client takes part", async () => {
    const cohort = {
      sampler: { kind: "oort", preferredDurationMs: 30_000 },
      eligibility: { charging: true, unknown: "allow" },
      pacing: { minIntervalMs: 60_000 },
    };
    expect((await parseRunFile({ name: "x", model: "2nn", cohort }, "/runs")).plan.cohort).toEqual(cohort);
  });

  it.each([
    [{ name: "x", model: "2nm" }, /did you mean "2nn"/],
    [{ name: "x", model: "2nn", cohrt: {} }, /"cohrt" is not a known key; did you mean "cohort"/],
    [{ name: "x", model: "2nn", cohort: { sise: 3 } }, /did you mean "size"/],
    [{ name: "x", model: "2nn", rounds: 0 }, /rounds/],
    [{ model: "2nn" }, /name/],
    [{ name: "x", model: "2nn", cohort: { size: 2, quorum: 3 } }, /"quorum" must not exceed "size"/],
    [{ name: "x", model: "2nn", local: { optimizer: { kind: "sgd", learningRate: 0 } } }, /learningRate.*>0, got 0/],
    [{ name: "x", model: "2nn", objective: { metric: "testAcuracy", goal: "max" } }, /did you mean "testAccuracy"/],
    [{ name: "x", model: "2nn", objective: { metric: "testAccuracy", goal: "max" } }, /there is no test set/],
    [{ name: "x", model: "2nn", objective: { metric: "clientTestLoss", goal: "min" } }, /add "evaluation"/],
    [{ name: "x", model: "2nn", objective: { metric: "clientsAccuracy", goal: "max" } }, /"evaluation.metrics"/],
  ])("%j is answered with what to mend", async (json, message) => {
    await expect(parseRunFile(json, "/runs")).rejects.toThrow(message);
  });

  it.each([
    { objective: { metric: "testLoss", goal: "min" }, data: { source: "mnist" } },
    { objective: { metric: "trainLoss", goal: "min" } },
    { objective: { metric: "clientTestAccuracyWorst", goal: "max" }, evaluation: { heldOutFraction: 0.2 } },
    {
      objective: { metric: "clientsAccuracy", goal: "max" },
      evaluation: { heldOutFraction: 0.2, metrics: ["accuracy"] },
    },
  ])("may be after a figure that its rounds have: %j", async (some) => {
    expect((await parseRunFile({ name: "x", model: "2nn", ...some }, "/runs")).plan.objective).toEqual(some.objective);
  });

  it("says when there is none", async () => {
    await expect(readRunFile("/nowhere/run.json")).rejects.toThrow("there is nothing at /nowhere/run.json");
  });

  it("says that the model is missing, not the run file, when that is so", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "run.json");
    writeFileSync(path, JSON.stringify({ name: "x", model: "mine.json" }));
    const missing = `"model" expected a model document, there is nothing at ${join(folder, "mine.json")}`;
    await expect(readRunFile(path)).rejects.toThrow(missing);
  });

  it("answers a test set that is not there as a fault of the data, not of the coordinator's folder", async () => {
    const refused = loadTestData({ csv: "/nowhere/rows.csv", label: "class" });
    await expect(refused).rejects.toThrow(DataFormatError);
    await expect(refused).rejects.toThrow("the run's test set cannot be read");
  });
});

describe("a start that fails", () => {
  it.each([
    [{ code: "EADDRINUSE" }, "port 8080 is taken by another program; choose another, for instance --port 8081"],
    [{ code: "EACCES", syscall: "listen" }, "choose one above 1023 with --port"],
    [{ code: "EACCES", syscall: "mkdir" }, "no permission to write to /data; choose another folder with --data"],
    [{ code: "ENOSPC" }, "the disk that holds /data is full"],
  ])("%j is one sentence with the way out", (facts, sentence) => {
    const error = Object.assign(new Error("raw"), facts);
    expect(explainStartError(error, { host: "127.0.0.1", port: 8080, directory: "/data" })).toContain(sentence);
  });
});

describe("sampleShards", () => {
  it("cuts a data set into IDX files that the readers read back", () => {
    const inputs = Uint8Array.from({ length: 6 * 4 }, (_, i) => i);
    const targets = Uint8Array.of(0, 1, 2, 3, 4, 5);
    const { shard } = sampleShards("tiny", { numExamples: 6, inputShape: [4], inputs, targets, targetSize: 1 }, 3);
    const bytes = shard(1) as Uint8Array;
    const imagesEnd = 16 + 2 * 4; // header of three axes, two images of 2 x 2
    const read = idxDataset(parseIdx(bytes.subarray(0, imagesEnd)), parseIdx(bytes.subarray(imagesEnd)));
    expect(read.numExamples).toBe(2);
    expect([...read.inputs]).toEqual([8, 9, 10, 11, 12, 13, 14, 15]);
    expect([...read.targets]).toEqual([2, 3]);
    expect([shard(3), shard(-1), shard(0.5)]).toEqual([undefined, undefined, undefined]);
    expect(shard(1)?.buffer).toBe(bytes.buffer); // one copy for all who fetch it
  });

  it.each([
    ["fedprox", /write "strategy": { "kind": "fedavg", "client": { "kind": "fedprox"/],
    ["fedbn", /write "personal": { "layers": "norm" }/],
  ])("says how %s is written, which is no step of the server", async (kind, message) => {
    await expect(parseRunFile({ name: "x", model: "2nn", strategy: { kind } }, ".")).rejects.toThrow(message);
  });
});
