// Our checkpoint of the CNN in PyTorch, and PyTorch's here: the same logits? Trains a little first, so that no array is as it
// began. Ends with status 1 if a logit differs by more than 1e-5 of the largest.
//   npm run build && node bench/interchange/torch.mjs      (python3 with torch, numpy and safetensors)
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalTrainer, createRng, parseSafetensors, zooModel } from "../../dist/shared/index.js";
import { fromTorchState } from "../../dist/shared/interchange/torch/fromTorchState.js";
import { toTorchState } from "../../dist/shared/interchange/torch/toTorchState.js";
import { encodeArrays } from "../../dist/shared/params/encodeArrays.js";
import { startPython } from "./pythonPeer.mjs";

const GOAL = 1e-5;
const NUM_IMAGES = 64;

const python = await startPython("runTorch.py");
if (!python) {
  console.error("bench: python3 with torch, numpy and safetensors is needed");
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), "headwater-torch-"));
const file = (name) => join(folder, name);
try {
  console.log(`PyTorch ${python.greeting.torch}, Node ${process.version}, ${NUM_IMAGES} images`);
  const model = zooModel("cnn");
  const rng = createRng("bench", "torch");
  const data = {
    numExamples: NUM_IMAGES,
    inputShape: model.document.input.shape,
    inputs: Uint8Array.from({ length: NUM_IMAGES * 784 }, () => rng.nextBelow(256)),
    targets: Uint8Array.from({ length: NUM_IMAGES }, () => rng.nextBelow(10)),
    targetSize: 1,
  };
  const plan = { epochs: 1, batchSize: 16, optimizer: { kind: "sgd", learningRate: 0.01 } };
  const trainer = createLocalTrainer({ model, plan });
  const initial = model.init(rng);
  const { delta } = trainer.train({ params: initial, data, rng });
  const params = initial.map((value, i) => value + delta[i]);
  const questions = { input: file("images"), output: file("logits") };
  writeFileSync(questions.input, new Uint8Array(Float32Array.from(data.inputs).buffer));

  writeFileSync(file("ours.safetensors"), encodeArrays(toTorchState(model, params)));
  const { params: numParams } = await python.ask({ load: file("ours.safetensors"), ...questions });
  const isThere = report("our checkpoint in PyTorch", numParams, trainer.predict(params, data));

  await python.ask({ save: file("theirs.safetensors"), ...questions });
  const saved = readFileSync(file("theirs.safetensors"));
  const theirs = fromTorchState(model, parseSafetensors(saved, { maxBytes: 2 ** 25 }));
  const isBack = report("PyTorch's checkpoint here", theirs.length, trainer.predict(theirs, data));
  process.exitCode = isThere && isBack ? 0 : 1;
} finally {
  await python.close();
  rmSync(folder, { recursive: true });
}

function report(what, numParams, ours) {
  const bytes = readFileSync(file("logits"));
  const theirs = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const largest = theirs.reduce((maximum, logit) => Math.max(maximum, Math.abs(logit)), 0);
  const difference = ours.reduce((maximum, logit, i) => Math.max(maximum, Math.abs(logit - theirs[i])), 0) / largest;
  const isClose = ours.length === theirs.length && difference <= GOAL;
  console.log(
    `${what.padEnd(26)} ${numParams} params, largest logit ${largest.toFixed(3)}, largest difference ${difference.toExponential(1)} of it${isClose ? "" : "  TOO FAR"}`,
  );
  return isClose;
}
