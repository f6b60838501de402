// Usage (by compare.mjs): node tensorflow.mjs <workload> <data file>. TensorFlow.js, WebAssembly SIMD backend, one thread.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { serve } from "./contender.mjs";
import { BATCH, INPUTS, LEARNING_RATE, ROWS, WORKLOADS } from "./workloads.mjs";

const [, , workload, file] = process.argv;
const bytes = new Uint8Array(readFileSync(file));
const startedAt = performance.now();
const require = createRequire(import.meta.url);
const tf = require("@tensorflow/tfjs");
const { setThreadsCount, setWasmPaths } = require("@tensorflow/tfjs-backend-wasm");
const wasmEntry = require.resolve("@tensorflow/tfjs-backend-wasm");
setWasmPaths(join(dirname(wasmEntry), "/"));
setThreadsCount(1);
await tf.setBackend("wasm");
await tf.ready();

const { layers } = WORKLOADS[workload];
const variables = layers.slice(1).flatMap((size, i) => {
  const bound = Math.sqrt(6 / layers[i]);
  return [
    tf.variable(tf.randomUniform([layers[i], size], -bound, bound, "float32", i + 1)),
    tf.variable(tf.zeros([size])),
  ];
});
const xs = tf.tensor2d(Int32Array.from(bytes.subarray(0, ROWS * INPUTS)), [ROWS, INPUTS], "int32");
const ys = tf.tensor1d(Int32Array.from(bytes.subarray(ROWS * INPUTS)), "int32");
const optimizer = tf.train.sgd(LEARNING_RATE);
const order = Int32Array.from({ length: ROWS }, (_, i) => i);

function epoch() {
  tf.util.shuffle(order);
  let loss = 0;
  for (let first = 0; first < ROWS; first += BATCH) {
    tf.tidy(() => {
      const rows = tf.tensor1d(order.slice(first, first + BATCH), "int32");
      let x = tf.mul(tf.cast(tf.gather(xs, rows), "float32"), 1 / 255);
      const labels = tf.oneHot(tf.gather(ys, rows), 10);
      const cost = optimizer.minimize(() => {
        for (let i = 0; i < variables.length; i += 2) {
          x = tf.add(tf.matMul(x, variables[i]), variables[i + 1]);
          if (i + 2 < variables.length) x = tf.relu(x);
        }
        return tf.losses.softmaxCrossEntropy(labels, x);
      }, true);
      if (first + BATCH >= ROWS) loss = cost.dataSync()[0];
    });
  }
  return loss;
}

epoch();
const startupMs = performance.now() - startedAt;
serve({ name: "TensorFlow.js wasm", version: tf.version_core, startupMs }, (epochs) => {
  let loss = 0;
  for (let i = 0; i < epochs; i++) loss = epoch();
  return loss;
});
