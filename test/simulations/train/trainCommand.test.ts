import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { nobleSha256 } from "../../../shared/base/nobleSha256.ts";
import { createRng } from "../../../shared/base/rng.ts";
import { modelFromDocument } from "../../../shared/models/modelFromDocument.ts";
import { parseModelDocument } from "../../../shared/models/parseModelDocument.ts";
import { zooModel } from "../../../shared/models/zoo.ts";
import { decodeParams } from "../../../shared/params/decodeParams.ts";
import { encodeParams } from "../../../shared/params/encodeParams.ts";
import { paramsHash } from "../../../shared/params/paramsHash.ts";
import { startingParams } from "../../../simulations/train/startingParams.ts";
import { trainCommand } from "../../../simulations/train/trainCommand.ts";
import { expectClose } from "../../support/expectClose.ts";
import { type Ended, runVerb } from "../support/runVerb.ts";

const folder = mkdtempSync(join(tmpdir(), "headwater-train-"));
afterAll(() => rmSync(folder, { recursive: true }));

const train = (...args: string[]): Promise<Ended> => runVerb(trainCommand(), args);

describe("headwater train", () => {
  it("trains, prints a line an epoch and a summary, and keeps the model", async () => {
    const out = join(folder, "linear");
    const { stdout, stderr } = await train("linear-regression", "--epochs", "3", "--out", out, "--json");
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ epoch }) => epoch)).toEqual([1, 2, 3, undefined]);
    expect(lines.at(-1)).toMatchObject({ summary: true, epochs: 3, stopped: "epochs" });
    expect(stderr).toContain("linear-regression, 9 params   linear   1,");
    expect(stderr).toMatch(/epoch 3\/3 {2}test R² 0\.9\d+ {2}test loss/);

    const read = (name: string): string => readFileSync(join(out, name), "utf8");
    expect(read("epochs.jsonl")).toBe(stdout);
    const model = modelFromDocument(parseModelDocument(JSON.parse(read("model.json"))));
    const params = decodeParams(model.spec, readFileSync(join(out, "model.safetensors")));
    expect(paramsHash(model.spec, params, nobleSha256)).toBe(lines.at(-1).paramsHash);
    expect(JSON.parse(read("training.json"))).toMatchObject({ model: "linear-regression", data: "linear", seed: 1 });
    expect(await train("linear-regression", "--out", out)).toMatchObject({ code: 2 });
  });

  it("goes on from a checkpoint with another optimizer", async () => {
    const from = join(folder, "linear", "model.safetensors");
    const { stdout } = await train(
      ...["linear-regression", "--from", from, "--optimizer", "adam", "--learning-rate", "0.001"],
      ...["--epochs", "1", "--batch", "100", "--json"],
    );
    expect(JSON.parse(stdout.split("\n")[0]!).trainLoss).toBeLessThan(0.1); // from zeros it would begin at 8
  });

  it("trains the policy in its environment", async () => {
    const { stdout } = await train("cartpole-policy", "--epochs", "1");
    expect(stdout).toMatch(/done after 1 epochs: test return \d+/);
  });

  it.each([
    [["2nnn"], 'did you mean "2nn"?'],
    [["gcn"], "give it --data cora:FILE"],
    [["2nn", "--data", "mnits"], 'did you mean "mnist"?'],
    [["linear-regression", "--optimizer", "adm"], 'did you mean "adam"?'],
    [["linear-regression", "--learning-rate", "0"], "expected a number above 0, got 0"],
    [["linear-regression", "--learning-rate", "1e9"], "learningRate"],
    [["linear-regression", "--size", "width=3"], "known are inputs"],
    [["linear-regression", "--from", "nowhere.safetensors"], "nowhere.safetensors"],
    [["cartpole-policy", "--data", "linear"], "expected no --data"],
    [["gcn", "--data", "cora:nowhere.json"], "nowhere.json"],
  ])("answers %s with what is right and exit status 2", async (args, message) => {
    const { code, stderr, stdout } = await train(...args);
    expect(stderr).toContain(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });
});

describe("startingParams", () => {
  it("puts a base model's checkpoint under fresh adapters", () => {
    const [base, adapted] = [zooModel("2nn"), zooModel("2nn-lora")];
    const trained = base.init(createRng("trained"));
    const path = join(folder, "base.safetensors");
    writeFileSync(path, encodeParams(base.spec, trained));
    const params = startingParams(path, adapted, 1);
    for (const { name, offset, length } of base.spec.entries) {
      const at = adapted.spec.entries.find((entry) => entry.name === name)!.offset;
      expectClose(params.slice(at, at + length), trained.slice(offset, offset + length), { tolerance: 0 });
    }
    expectClose(startingParams(path, base, 1), trained, { tolerance: 0 });
    expect(() => startingParams(path, zooModel("softmax-regression"), 1)).toThrow(`--from ${path}: params expected`);
  });
});
