import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import { fromTorchState } from "../../../shared/interchange/torch/fromTorchState.ts";
import { modelFromDocument } from "../../../shared/models/modelFromDocument.ts";
import { parseModelDocument } from "../../../shared/models/parseModelDocument.ts";
import { encodeParams } from "../../../shared/params/encodeParams.ts";
import { parseSafetensors } from "../../../shared/params/parseSafetensors.ts";
import { modelCommand } from "../../../simulations/model/modelCommand.ts";
import { createJudge } from "../../../simulations/train/judge.ts";
import { decodeOnnx } from "../../support/onnx/decodeOnnx.ts";
import { type Ended, runVerb } from "../support/runVerb.ts";
import { clusters, TINY_EXPERIMENT, tinyModel } from "../support/tinyExperiment.ts";

const model = tinyModel();
const params = model.init(createRng("trained"));
const data = clusters(60, 4);
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "headwater-model-"));
  mkdirSync(join(folder, "trained"));
  mkdirSync(join(folder, "simulated"));
  mkdirSync(join(folder, "keras"));
  const rows = Array.from({ length: data.numExamples }, (_, row) =>
    [...data.inputs.subarray(8 * row, 8 * row + 8), data.targets[row]].join(","),
  );
  const write = (path: string, content: string | Uint8Array): void => writeFileSync(join(folder, path), content);
  write("clusters.csv", ["a,b,c,d,e,f,g,h,class", ...rows].join("\n"));
  write("tiny.json", JSON.stringify(model.document));
  write("trained/model.json", JSON.stringify(model.document));
  write("trained/model.safetensors", encodeParams(model.spec, params));
  write("simulated/experiment.json", JSON.stringify({ ...TINY_EXPERIMENT, model: model.document }));
  write("simulated/model.safetensors", encodeParams(model.spec, params));
  write("alone.safetensors", encodeParams(model.spec, params));
  const { models } = JSON.parse(
    readFileSync(new URL("../../fixtures/keras/tensorflowjs.json", import.meta.url), "utf8"),
  );
  const { json, weights } = models.find(({ name }: { name: string }) => name === "functional");
  write("keras/model.json", JSON.stringify(json));
  write("keras/weights.bin", Buffer.from(weights, "base64"));
  write("keras/elsewhere.json", JSON.stringify(json).replace('"weights.bin"', '"../tiny.json"'));
  write("keras/missing.json", JSON.stringify(json).replace('"weights.bin"', '"other.bin"'));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Arguments that begin with "@" are paths in the folder. */
function run(...args: readonly string[]): Promise<Ended> {
  return runVerb(
    modelCommand(),
    args.map((arg) => arg.replace(/^(\w+:)?@/, `$1${folder}/`)),
  );
}

describe("headwater model show", () => {
  it("prints what a model takes, gives, holds and costs, as one JSON object", async () => {
    const { code, stdout, stderr } = await run("show", "@tiny.json", "--json");
    expect([code, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toMatchObject({
      name: "tiny",
      input: { shape: [8], scale: 1 / 255, offset: 0 },
      outputShape: [3],
      loss: "softmaxCrossEntropy",
      params: 75, // 8 · 6 + 6 + 6 · 3 + 3
      sharedParams: 75,
      flops: 132, // 2 · (8 · 6 + 6 · 3) multiply-adds; biases and relu are part of the products
      layers: [
        { path: "layers.0", name: "linear(8, 6)", outputShape: [6], params: 54 },
        { path: "layers.1", name: "relu", outputShape: [6], params: 0 },
        { path: "layers.2", name: "linear(6, 3)", outputShape: [3], params: 21 },
      ],
      arrays: [{ name: "layers.0.w", shape: [8, 6], kind: "trainable", scope: "shared" }, {}, {}, {}],
    });
  });

  it("prints the same for people", async () => {
    const { stdout } = await run("show", "@trained");
    expect(stdout).toContain("input   [8], raw · 0.00392157 + 0");
    expect(stdout).toContain("params  75, all travel");
    expect(stdout).toMatch(/layers\.0 {2}linear\(8, 6\) {2}\[6\] {8}54\n/);
  });

  it("lists the arrays of a checkpoint of which nobody knows the model", async () => {
    const { stdout } = await run("show", "@alone.safetensors", "--json");
    const { checkpoint } = JSON.parse(stdout);
    expect(checkpoint.arrays[0]).toEqual({ name: "layers.0.w", shape: [8, 6] });
    expect((await run("show", "@alone.safetensors")).stdout).toContain("layers.2.b  [3]");
  });
});

describe("headwater model export", () => {
  const out = (name: string): Buffer => readFileSync(join(folder, name));

  it("writes ONNX with the checkpoint's arrays", async () => {
    const { stdout } = await run("export", "@trained/model.safetensors", "--out", "@tiny.onnx", "--json");
    const bytes = out("tiny.onnx");
    expect(JSON.parse(stdout)).toEqual({ out: join(folder, "tiny.onnx"), bytes: bytes.length });
    const { graph } = decodeOnnx(bytes);
    expect(graph.inputs[0]!.shape).toEqual(["batch", 8]);
    expect(Float32Array.from(graph.initializers.get("layers.0.w")!.values)).toEqual(params.slice(0, 48));
    await run("export", "@simulated", "--out", "@tiny.onnx", "--batch-size", "5");
    expect(decodeOnnx(out("tiny.onnx")).graph.inputs[0]!.shape).toEqual([5, 8]);
  });

  it("writes a state for PyTorch, reads it back, and writes our own again bit for bit", async () => {
    await run("export", "@trained", "--out", "@torch.safetensors", "--torch");
    const state = parseSafetensors(out("torch.safetensors"), { maxBytes: 2 ** 20 });
    expect(state.get("layers.0.weight")!.shape).toEqual([6, 8]);
    expect(fromTorchState(model, state)).toEqual(params);
    await run("export", "@torch.safetensors", "--model", "@tiny.json", "--out", "@again.safetensors");
    expect(out("again.safetensors").equals(encodeParams(model.spec, params))).toBe(true);
  });

  it("turns a Keras model into a document and a checkpoint", async () => {
    await run("export", "@keras/model.json", "--out", "@imported.json");
    await run("export", "@keras/model.json", "--out", "@imported.safetensors");
    const imported = modelFromDocument(parseModelDocument(JSON.parse(out("imported.json").toString())));
    expect(imported.document.layers.map(({ kind }) => kind)).toEqual(["conv2d", "relu", "globalMaxPool", "linear"]);
    const arrays = parseSafetensors(out("imported.safetensors"), { maxBytes: 2 ** 20 });
    expect([...arrays.keys()]).toEqual(imported.spec.entries.map(({ name }) => name));
  });

  it("begins a model without a checkpoint by the seed", async () => {
    await run("export", "@tiny.json", "--out", "@seven.safetensors", "--seed", "7");
    const own = modelFromDocument(parseModelDocument(JSON.parse(out("tiny.json").toString())));
    expect(out("seven.safetensors").equals(encodeParams(own.spec, own.init(createRng(7, "init"))))).toBe(true);
  });
});

describe("headwater model evaluate", () => {
  it("judges a checkpoint on the data it is given", async () => {
    const source = "csv:@clusters.csv,label=class";
    const { code, stdout } = await run("evaluate", "@trained", "--data", source, "--json");
    expect(code).toBe(0);
    const inputs = Float32Array.from(data.inputs);
    const expected = createJudge(model)(params, { ...data, inputs });
    expect(JSON.parse(stdout)).toEqual({ part: "train", examples: 60, ...expected });
    const text = await run("evaluate", "@alone.safetensors", "--model", "@tiny.json", "--data", source);
    expect(text.stdout).toContain(`loss ${expected.loss.toFixed(4)}   accuracy`);
  });
});

describe("headwater model", () => {
  it.each<[readonly string[], string]>([
    [["show", "2n"], 'there is no file "2n", nor a model of that name; did you mean "2nn"?'],
    [["show", "@clusters.csv"], "clusters.csv: "],
    [["show", "@keras/elsewhere.json"], 'weights expected files beside model.json, got "../tiny.json"'],
    [["show", "@keras/missing.json"], "other.bin"],
    [["show", "@simulated/experiment.json"], "model document"],
    [["export", "@trained", "--out", "@tiny.txt"], "--out expected a file that ends in .onnx, .safetensors, .json"],
    [["export", "@trained", "--out", "@x.onnx", "--torch"], "--torch expected an --out that ends in .safetensors"],
    [["export", "@trained", "--out", "@x.json", "--batch-size", "2"], "--batch-size expected"],
    [["export", "@trained", "--out", "@none/x.json"], "cannot be written"],
    [["export", "@trained"], "--out"],
    [["export", "@alone.safetensors", "--out", "@x.onnx"], "name it by --model"],
    [["export", "@alone.safetensors", "--model", "2nn", "--out", "@x.onnx"], 'is not of the model "2nn"'],
    [["export", "gcn", "--out", "@x.onnx"], "give it a --batch-size"],
    [["evaluate", "@trained", "--data", "mnis"], 'did you mean "mnist"?'],
    [["evaluate", "@trained", "--data", "mnist"], '"model" takes inputs of [8]'],
    [["evaluate", "@trained", "--data", "csv:@clusters.csv,label=class", "--on", "test"], "has no test set"],
    [["evaluate", "@trained", "--data", "mnist", "--on", "tset"], "expected test, validation, train"],
  ])("refuses %j", async (args, message) => {
    const { code, stdout, stderr } = await run(...args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
  });
});
