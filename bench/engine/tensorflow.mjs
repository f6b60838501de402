// A contender, see contender.mjs: TensorFlow.js on one thread; `backend` is "wasm" (WebAssembly SIMD) or "cpu" (JavaScript).
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { serve } from "./contender.mjs";
import { createModels } from "./tensorflowModels.mjs";
import { ROWS } from "./workloads.mjs";

const require = createRequire(import.meta.url);
const { backend } = JSON.parse(process.argv[2]);

serve(`TensorFlow.js ${backend}`, async ({ workload, data: file, batch, inputSize, targetSize, learningRate }) => {
  const bytes = new Uint8Array(readFileSync(file));
  const tf = require("@tensorflow/tfjs");
  if (backend === "wasm") {
    const { setThreadsCount, setWasmPaths } = require("@tensorflow/tfjs-backend-wasm");
    setWasmPaths(join(dirname(require.resolve("@tensorflow/tfjs-backend-wasm")), "/"));
    setThreadsCount(1);
  }
  if (!(await tf.setBackend(backend))) throw new Error(`the backend "${backend}" does not start`);

  const { variables, logits } = createModels(tf)[workload]();
  const isText = targetSize > 1;
  const inputs = tf.tensor2d(Int32Array.from(bytes.subarray(0, ROWS * inputSize)), [ROWS, inputSize], "int32");
  const targets = tf.tensor2d(Int32Array.from(bytes.subarray(ROWS * inputSize)), [ROWS, targetSize], "int32");
  const optimizer = tf.train.sgd(learningRate);
  const order = Int32Array.from({ length: ROWS }, (_, i) => i);
  let next = ROWS;

  /** One step; its loss as a tensor that the caller disposes of. */
  function step() {
    if (next === ROWS) {
      tf.util.shuffle(order);
      next = 0;
    }
    const first = next;
    next += batch;
    return tf.tidy(() => {
      const rows = tf.tensor1d(order.slice(first, next), "int32");
      const gathered = tf.gather(inputs, rows);
      const x = isText ? gathered : tf.mul(tf.cast(gathered, "float32"), 1 / 255);
      const labels = tf.reshape(tf.gather(targets, rows), [-1]);
      return optimizer.minimize(() => {
        const y = logits(x);
        return tf.losses.softmaxCrossEntropy(tf.oneHot(labels, y.shape[1]), y);
      }, true);
    });
  }

  return {
    version: tf.version_core,
    numParams: variables.reduce((sum, { size }) => sum + size, 0),
    train(steps) {
      for (let left = steps; left > 1; left--) step().dispose();
      const cost = step();
      const [loss] = cost.dataSync();
      cost.dispose();
      return loss;
    },
  };
});
