import { assertFinite, assertInteger } from "../../base/assert.ts";
import { exp, pow } from "../../base/math.ts";
import { createRng } from "../../base/rng.ts";
import type { Dataset } from "../dataset.ts";
import { nextNormal } from "./nextNormal.ts";

export interface FedProxSyntheticOptions {
  /** How much the devices' models differ: standard deviation of their means, to which labels are blind (see below). */
  readonly alpha: number;
  /** How much the devices' inputs differ, likewise. */
  readonly beta: number;
  readonly numDevices: number;
  readonly seed: number;
}

const INPUTS = 60;
const CLASSES = 10;

/**
 * synthetic(alpha, beta): devices k with models and inputs of their own. Inputs [numExamples, 60] f32, labels 0 .. 9; the group is
 * the device, whose rows follow each other.
 *
 *   n_k = floor(e^(4 + 2 z)) + 50, z standard normal
 *   W_k [60, 10], b_k [10] ~ N(u_k, 1) with one u_k ~ N(0, alpha²)
 *   v_k [60] ~ N(B_k, 1) with one B_k ~ N(0, beta²)
 *   x_j ~ N(v_k,j, j^-1.2) for j = 1 .. 60,  label = argmax(x·W_k + b_k)
 *
 * Alpha and beta are standard deviations, as in the program that the authors published. u_k raises the scores of all labels
 * alike, so alpha changes no label: what makes devices differ is W_k, v_k and beta. Sizes have a long tail: one device may
 * have most rows. Each device draws from a stream of its own.
 * Source: Li et al. 2020, section 5.1 "Synthetic data", arXiv:1812.06127.
 * @throws RangeError unless alpha and beta are in [0, 1000] and numDevices in [1, 10,000].
 */
export function fedProxSynthetic({ alpha, beta, numDevices, seed }: FedProxSyntheticOptions): Dataset {
  assertFinite("alpha", alpha, 0, 1000);
  assertFinite("beta", beta, 0, 1000);
  assertInteger("numDevices", numDevices, 1, 10_000);
  const spread = Float64Array.from({ length: INPUTS }, (_, j) => pow(j + 1, -0.6));
  const devices = Array.from({ length: numDevices }, (_, device) => {
    const rng = createRng(seed, "fedprox-synthetic", device);
    const around = (mean: number, length: number): Float64Array =>
      Float64Array.from({ length }, () => mean + nextNormal(rng));
    const numExamples = Math.floor(exp(4 + 2 * nextNormal(rng))) + 50;
    const modelMean = alpha * nextNormal(rng);
    const inputMean = beta * nextNormal(rng);
    const weights = around(modelMean, INPUTS * CLASSES);
    const biases = around(modelMean, CLASSES);
    const centre = around(inputMean, INPUTS);
    return { rng, numExamples, weights, biases, centre };
  });
  const numExamples = devices.reduce((sum, device) => sum + device.numExamples, 0);
  const inputs = new Float32Array(numExamples * INPUTS);
  const targets = new Uint8Array(numExamples);
  const groups = new Uint32Array(numExamples);
  let row = 0;
  for (const [device, { rng, numExamples, weights, biases, centre }] of devices.entries()) {
    for (let own = 0; own < numExamples; own++, row++) {
      const x = inputs.subarray(row * INPUTS, (row + 1) * INPUTS);
      for (let j = 0; j < INPUTS; j++) x[j] = centre[j]! + spread[j]! * nextNormal(rng);
      targets[row] = largestScore(x, weights, biases);
      groups[row] = device;
    }
  }
  return { numExamples, inputShape: [INPUTS], inputs, targets, targetSize: 1, groups };
}

function largestScore(x: Float32Array, weights: Float64Array, biases: Float64Array): number {
  const scores = biases.map((bias, label) =>
    x.reduce((sum, value, j) => sum + value * weights[j * CLASSES + label]!, bias),
  );
  return scores.indexOf(scores.reduce((most, score) => Math.max(most, score)));
}
