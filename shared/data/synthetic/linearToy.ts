import { assertFinite, assertPositiveInteger } from "../../base/assert.ts";
import { sigmoid } from "../../base/math.ts";
import type { Rng } from "../../base/rng.ts";
import type { Dataset } from "../dataset.ts";
import { nextNormal } from "./nextNormal.ts";

export interface LinearToyOptions {
  readonly numExamples: number;
  /** Coefficients of the inputs, [numFeatures]: what a regression should find. */
  readonly coefficients: readonly number[];
  readonly intercept: number;
  /** Standard deviation of the noise on a target; linear regression only; 0.1 when absent. */
  readonly noiseStdDev?: number;
}

/**
 * Linear regression: inputs [numExamples, numFeatures] standard normal, targets [numExamples, 1] f32 = coefficients·x +
 * intercept + noise.
 * @throws RangeError unless numExamples >= 1 and noiseStdDev >= 0.
 */
export function linearRegressionToy(options: LinearToyOptions, rng: Rng): Dataset {
  const { noiseStdDev = 0.1 } = options;
  assertFinite("noiseStdDev", noiseStdDev, 0);
  const { score, ...inputs } = drawInputs(options, rng);
  const targets = Float32Array.from(score, (value) => value + noiseStdDev * nextNormal(rng));
  return { ...inputs, targets, targetSize: 1 };
}

/**
 * Logistic regression: inputs as above, label 1 with probability sigmoid(coefficients·x + intercept), else 0; u8 [numExamples].
 * Bytes serve class labels and f32 targets of 0 and 1 alike.
 * @throws RangeError unless numExamples >= 1.
 */
export function logisticRegressionToy(options: LinearToyOptions, rng: Rng): Dataset {
  const { score, ...inputs } = drawInputs(options, rng);
  return {
    ...inputs,
    targets: Uint8Array.from(score, (value) => (rng.nextFloat() < sigmoid(value) ? 1 : 0)),
    targetSize: 1,
  };
}

function drawInputs({ numExamples, coefficients, intercept }: LinearToyOptions, rng: Rng) {
  assertPositiveInteger("numExamples", numExamples);
  const width = coefficients.length;
  assertPositiveInteger("number of coefficients", width);
  for (const [at, value] of coefficients.entries()) assertFinite(`coefficients[${at}]`, value);
  assertFinite("intercept", intercept);
  const inputs = Float32Array.from({ length: numExamples * width }, () => nextNormal(rng));
  const score = Float64Array.from({ length: numExamples }, (_, row) =>
    coefficients.reduce((sum, value, at) => sum + value * (inputs[row * width + at] as number), intercept),
  );
  return { numExamples, inputShape: [width], inputs, score };
}
