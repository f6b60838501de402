// The targets by name. Each is trained by the recipe that `headwater train` uses unless it says otherwise, and judged on data that
// was not trained on, after the last epoch: no epoch, seed or fold is chosen by its result.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createRng } from "../../dist/shared/base/rng.js";
import { batchOrder } from "../../dist/shared/data/batchOrder.js";
import { encodeParams, subsetDataset, zooModel } from "../../dist/shared/index.js";
import {
  CART_POLE_RECIPE,
  loadData,
  modelForData,
  parseDataFlag,
  planOf,
  TRAINING_RECIPES,
  trainCartPole,
  trainModel,
} from "../../dist/simulations/index.js";

const percent = (share) => `${(100 * share).toFixed(2)} %`;

/** One model by its recipe, but for `changes`. */
async function train({ name, source, seed, log, changes = {}, model }) {
  const recipe = { ...TRAINING_RECIPES[name], ...changes };
  const data = await loadData({ data: { source: source ?? parseDataFlag(recipe.data) }, seed });
  const plan = planOf(recipe, data.train.numExamples);
  const { params, summary } = await trainModel({
    ...{ model: model ?? modelForData(name, data), plan, data, seed },
    evaluateEvery: plan.epochs > 20 ? 0 : 1,
    onEpoch: (line) => plan.epochs <= 20 && log(JSON.stringify(line)),
  });
  return { params, summary, data, plan };
}

/** Test accuracy on MNIST. */
const mnist =
  (name, wanted) =>
  async ({ seed, log }) => {
    const { summary, plan } = await train({ name, seed, log });
    const { testAccuracy } = summary;
    return {
      ...{ isMet: testAccuracy >= wanted, reached: percent(testAccuracy), wanted: percent(wanted) },
      how: `test set, ${plan.epochs} epochs`,
    };
  };

/** A 32-number code against as many principal components, by the squared error of a test pixel. */
async function autoencoder({ seed, log }) {
  const { summary, data, plan } = await train({ name: "autoencoder", seed, log });
  const { testLoss } = summary;
  const { error } = runPython(
    "pca.py",
    { train: data.train.inputs, test: data.test.inputs },
    { width: 784, components: 32 },
  );
  return {
    ...{ isMet: testLoss < error, reached: testLoss.toFixed(5), wanted: `< ${error.toFixed(5)}, that of PCA` },
    how: `mean squared error of a test pixel, 32 numbers an image, ${plan.epochs} epochs`,
  };
}

/** The standard split (140, 500, 1,000 nodes), last epoch, mean over seeds. */
async function cora({ data: folder, seed, log }) {
  const source = parseDataFlag(`cora:${join(folder, "cora/cora.json.gz")}`);
  const accuracies = [];
  for (let run = 0; run < 5; run++) {
    const { summary } = await train({ name: "gcn", source, seed: seed + run, log });
    accuracies.push(summary.testAccuracy);
    log(`seed ${seed + run}  test ${percent(summary.testAccuracy)}  validation ${percent(summary.validationAccuracy)}`);
  }
  const mean = meanOf(accuracies);
  return {
    ...{ isMet: mean >= 0.8, reached: percent(mean), wanted: percent(0.8) },
    how: `mean of ${accuracies.length} seeds (worst ${percent(Math.min(...accuracies))}), standard split, last epoch`,
  };
}

/** Ten-fold cross-validation, stratified; the mean over the folds of the last epoch's test accuracy. */
const mutag =
  (name, form) =>
  async ({ data: folder, seed, log }) => {
    const accuracies = [];
    for (let fold = 0; fold < 10; fold++) {
      const source = parseDataFlag(`mutag:${join(folder, "mutag/MUTAG.txt")},fold=${fold},form=${form}`);
      const { summary } = await train({ name, source, seed, log });
      accuracies.push(summary.testAccuracy);
      log(`fold ${fold}  test ${percent(summary.testAccuracy)}`);
    }
    const mean = meanOf(accuracies);
    return {
      ...{ isMet: mean >= 0.8, reached: percent(mean), wanted: percent(0.8) },
      how: `mean of 10 folds, last epoch`,
    };
  };

async function cartPole({ seed, log }) {
  const { summary } = await trainCartPole({
    ...{ model: zooModel("cartpole-policy"), seed, ...CART_POLE_RECIPE, evaluateEvery: 10 },
    onIteration: (line) => line.testReturn && log(JSON.stringify(line)),
  });
  const { testReturn } = summary;
  return {
    ...{ isMet: testReturn >= 195, reached: testReturn.toFixed(2), wanted: ">= 195" },
    how: "mean return of 100 fresh episodes, cap 200, actions drawn from the policy",
  };
}

/** Perplexity on held-out lines against a PyTorch twin: the same initial params (unless `ownInit`), batches, steps and optimizer. */
const shakespeare =
  (name, { steps, batch }) =>
  async ({ data: folder, seed, ownInit, log }) => {
    const source = parseDataFlag(`roles:${join(folder, "shakespeare-roles/roles.jsonl.gz")}`);
    const whole = await loadData({ data: { source }, seed });
    const rows = batchOrder(whole.train.numExamples, 1, createRng(seed, "windows")).slice(0, steps * batch);
    const data = { train: subsetDataset(whole.train, rows.sort()), test: whole.test };
    const model = zooModel(name);
    const plan = planOf({ ...TRAINING_RECIPES[name], epochs: 1, batchSize: batch }, data.train.numExamples);
    const { summary } = await trainModel({
      ...{ model, plan, data, seed, evaluateEvery: 0 },
      onProgress: ({ stepsDone, loss, examplesPerSecond }) =>
        stepsDone % 50 === 0 && log(`step ${stepsDone}  loss ${loss.toFixed(4)}  ${examplesPerSecond} examples/s`),
    });
    log(JSON.stringify(summary));
    const twin = runPython(
      "text.py",
      {
        params: encodeParams(model.spec, model.init(createRng(seed, "init"))),
        order: batchOrder(data.train.numExamples, 1, createRng(seed, "train")),
        ...{ trainInputs: data.train.inputs, trainTargets: data.train.targets },
        ...{ testInputs: data.test.inputs, testTargets: data.test.targets },
      },
      { model: name, batch, learningRate: plan.optimizer.learningRate, clipNorm: plan.clip.bound, ownInit },
    );
    log(JSON.stringify(twin));
    const { testPerplexity } = summary;
    const ratio = testPerplexity / twin.perplexity;
    return {
      ...{
        isMet: ratio <= 1.02,
        reached: testPerplexity.toFixed(4),
        wanted: `<= 1.02 x ${twin.perplexity.toFixed(4)}`,
      },
      how: `perplexity of held-out lines, PyTorch twin's x ${ratio.toFixed(4)}, ${steps} steps of ${batch}`,
    };
  };

/** Runs a peer on arrays in files; it prints one JSON object. */
function runPython(script, arrays, options) {
  const folder = mkdtempSync(join(tmpdir(), "headwater-twin-"));
  try {
    for (const [name, values] of Object.entries(arrays)) {
      writeFileSync(join(folder, name), new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    }
    const path = fileURLToPath(new URL(`twins/${script}`, import.meta.url));
    const { status, stdout } = spawnSync("python3", [path, folder, JSON.stringify(options)], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (status !== 0) throw new Error(`twins/${script} ended with ${status}`);
    return JSON.parse(stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function meanOf(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export const LEARNING_TARGETS = {
  cartpole: cartPole,
  "cora-gcn": cora,
  "mutag-gin": mutag("gin", "dense"),
  "mutag-simplicial-net": mutag("simplicial-net", "cells"),
  "mnist-spiking-mlp": mnist("spiking-mlp", 0.96),
  "mnist-autoencoder": autoencoder,
  "mnist-cnn": mnist("cnn", 0.99),
  "mnist-resnet-8": mnist("resnet-8", 0.99),
  "shakespeare-tiny-gpt": shakespeare("tiny-gpt", { steps: 800, batch: 50 }),
  "shakespeare-char-lstm": shakespeare("char-lstm", { steps: 1000, batch: 20 }),
};
