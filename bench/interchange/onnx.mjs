// Exports every model of the zoo, and models that hold every kind of layer, to ONNX, runs the files with ONNX Runtime and compares with
// our own engine on the same inputs. Ends with status 1 if one differs by more than 1e-5.
//   npm run build && pip install onnxruntime onnx && node bench/interchange/onnx.mjs [--only cnn,2nn]
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  createLocalTrainer,
  createRng,
  modelFromDocument,
  parseModelDocument,
  ZOO_MODEL_NAMES,
  zooModel,
} from "../../dist/shared/index.js";
import { exportOnnx } from "../../dist/shared/interchange/onnx/exportOnnx.js";
import { startPython } from "./pythonPeer.mjs";
import { rawInputs } from "./rawInputs.mjs";

const GOAL = 1e-5;
/** Where the layers do not say what they read: 100 items, and fewer of the users. */
const ZOO_INPUTS = { "matrix-factorisation": { ids: 100 } };

const { values } = parseArgs({ options: { only: { type: "string" } } });
const fixtures = JSON.parse(readFileSync(new URL("../../test/fixtures/onnx/models.json", import.meta.url), "utf8"));
const models = [
  ...ZOO_MODEL_NAMES.map((name) => ({ name, model: zooModel(name), given: ZOO_INPUTS[name] })),
  ...fixtures.map(({ name, input, layers, loss = "meanSquaredError", ...given }) => ({
    name,
    model: modelFromDocument(
      parseModelDocument({
        format: "headwater-model/1",
        opset: 1,
        name,
        input: { scale: 1, offset: 0, ...input },
        layers,
        loss,
      }),
    ),
    given,
  })),
].filter(({ name }) => values.only === undefined || values.only.split(",").includes(name));

const python = await startPython("runOnnx.py");
if (!python) {
  console.error("bench: python3 with onnxruntime is needed: pip install onnxruntime onnx");
  process.exit(1);
}
console.log(`ONNX Runtime ${python.greeting.onnxruntime}, onnx ${python.greeting.onnx}, Node ${process.version}`);
console.log("model                 params   batch      bytes  largest |ours - theirs| / max(1, |theirs|)");
const folder = mkdtempSync(join(tmpdir(), "headwater-onnx-"));
let isMet = true;
try {
  for (const { name, model, given = {} } of models) {
    for (const batchSize of given.rows ? [given.rows.length] : [3, undefined]) {
      const answer = await compare(name, model, given, batchSize);
      isMet &&= answer;
    }
  }
} finally {
  await python.close();
  rmSync(folder, { recursive: true });
}
process.exitCode = isMet ? 0 : 1;

/** With a fixed batch size, or with an open one that is then given four examples. */
async function compare(name, model, given, batchSize) {
  const line = `${name.padEnd(19)} ${String(model.spec.length).padStart(8)}  ${String(batchSize ?? "any").padStart(6)}`;
  const rng = createRng("bench", name);
  const params = model.init(rng);
  // Statistics and biases begin as zeros and ones, which would hide an array that is left out.
  for (let i = 0; i < params.length; i++) params[i] += 0.05 * (rng.nextFloat() - 0.3);
  const rows = batchSize ?? 4;
  const inputs = rawInputs(model, rows, given, rng);
  const files = Object.fromEntries(["model.onnx", "input", "output"].map((file) => [file, join(folder, file)]));
  let bytes;
  try {
    bytes = exportOnnx(model, params, batchSize === undefined ? {} : { batchSize });
  } catch (error) {
    console.log(`${line}  refused: ${error.message}`);
    return batchSize === undefined;
  }
  writeFileSync(files["model.onnx"], bytes);
  writeFileSync(files.input, new Uint8Array(inputs.buffer));
  const shape = [rows, ...model.document.input.shape];
  const { error } = await python.ask({ model: files["model.onnx"], input: files.input, shape, output: files.output });
  if (error) {
    console.log(`${line}  ${bytes.length}  FAILED: ${error}`);
    return false;
  }
  const output = readFileSync(files.output);
  const theirs = new Float32Array(output.buffer, output.byteOffset, output.length / 4);
  const plan = { epochs: 1, batchSize: 1, optimizer: { kind: "sgd", learningRate: 1 } };
  const data = {
    numExamples: rows,
    inputShape: model.document.input.shape,
    inputs,
    targets: new Int32Array(rows),
    targetSize: 1,
  };
  const ours = createLocalTrainer({ model, plan }).predict(params, data);
  const difference = largestDifference(ours, theirs);
  const isClose = difference <= GOAL;
  console.log(
    `${line} ${String(bytes.length).padStart(10)}  ${difference.toExponential(1)}${isClose ? "" : "  TOO FAR"}`,
  );
  return isClose;
}

/** Largest |ours - theirs| / max(1, |theirs|). */
function largestDifference(ours, theirs) {
  if (ours.length !== theirs.length) return Number.POSITIVE_INFINITY;
  return ours.reduce((largest, value, i) => {
    const difference = Math.abs(value - theirs[i]) / Math.max(1, Math.abs(theirs[i]));
    return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(largest, difference);
  }, 0);
}
