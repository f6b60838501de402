// A contender, see contender.mjs; `build` is "strict" or "fast". The steps belong to whole client rounds of one epoch over ROWS rows:
// params in, batches in a fresh order, training, delta out, each where it falls.
import { readFileSync } from "node:fs";
import { serve } from "./contender.mjs";
import { ROWS } from "./workloads.mjs";

const { build } = JSON.parse(process.argv[2]);

serve(`Headwater ${build}`, async ({ workload, data: file, batch, inputSize, targetSize, learningRate }) => {
  const bytes = new Uint8Array(readFileSync(file));
  const { compileFastKernels, createLocalTrainer, createRng, zooModel } = await import("../../dist/shared/index.js");
  const model = zooModel(workload);
  const data = {
    numExamples: ROWS,
    inputShape: model.document.input.shape,
    inputs: bytes.subarray(0, ROWS * inputSize),
    targets: bytes.subarray(ROWS * inputSize),
    targetSize,
  };
  const plan = { epochs: 1, batchSize: batch, optimizer: { kind: "sgd", learningRate } };
  const kernels = build === "fast" ? compileFastKernels() : build;
  const trainer = createLocalTrainer({ model, plan, kernels });
  const initial = model.init(createRng("bench"));
  const params = initial.slice();
  let round = 0;
  let stepsDone = 0;
  let training;

  return {
    version: `Node ${process.version}`,
    numParams: model.spec.length,
    train(steps) {
      let loss = 0;
      for (let left = steps; left > 0; ) {
        training ??= trainer.start({ params, data, rng: createRng("bench", round++) });
        const progress = training.run(left);
        left -= progress.stepsDone - stepsDone;
        stepsDone = progress.stepsDone;
        loss = progress.loss;
        if (stepsDone === progress.stepsTotal) {
          const { delta } = training.finish();
          addTo(params, delta);
          training = undefined;
          stepsDone = 0;
        }
      }
      return loss;
    },
    /** The fast build must show in the bits; otherwise the strict one would be measured under its name. */
    check() {
      if (build === "strict") return;
      const rows = Uint32Array.from({ length: batch }, (_, i) => i);
      const step = (kernels) =>
        createLocalTrainer({ model, plan, kernels }).train({ params: initial, data, rows, rng: createRng("check") })
          .delta;
      const strict = step("strict");
      if (step(kernels).every((value, i) => value === strict[i])) throw new Error("trains the strict build's bits");
    },
  };
});

function addTo(params, delta) {
  for (let i = 0; i < delta.length; i++) params[i] += delta[i];
}
