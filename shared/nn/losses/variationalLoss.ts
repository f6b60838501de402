import * as v from "valibot";
import { assertFinite } from "../../base/assert.ts";
import { add, constant, exp, mul, reshape, slice, sub } from "../../graph/ops.ts";
import { numElements, shapeText } from "../../graph/shape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { exampleSum, scaled } from "./exampleMean.ts";
import type { Loss } from "./loss.ts";
import { lossKind } from "./lossKind.ts";
import { measureSchema, type ReconstructionMeasure, reconstructionErrors } from "./reconstructionLoss.ts";

export interface VariationalOptions {
  /** Default "binaryCrossEntropy"; "squaredError" counts half the squared error, a Gaussian of variance 1. */
  readonly measure?: ReconstructionMeasure;
  /** Factor of the divergence, >= 0. Default 1, the bound itself. */
  readonly beta?: number;
}

/**
 * Loss of a variational autoencoder: the negative evidence lower bound of an example, in nats (up to a constant for
 * "squaredError"): the sum over its input of the reconstruction's error, plus beta times
 * KL(N(mean, variance) || N(0, 1)) = -1/2 Σ (1 + log variance - mean² - variance).
 * Outputs [batch, inputSize + 2 · latent], as a `variational` layer gives them: reconstruction (logits or values), mean,
 * log variance; takes no targets. Unlike other losses it is a sum over positions, because the two terms belong together.
 * Source: Kingma and Welling 2014, eq. 10, arXiv:1312.6114; beta: Higgins et al. 2017, eq. 4.
 * @throws RangeError if beta is below 0.
 */
export function variationalLoss({ measure = "binaryCrossEntropy", beta = 1 }: VariationalOptions = {}): Loss {
  assertFinite("beta", beta, 0);
  return {
    name: "variational",
    prediction: "values",
    targets: () => undefined,
    losses(outputs, _, { x }) {
      const [batch, ...inputShape] = x.shape as [number, ...number[]];
      const inputSize = numElements(inputShape);
      const latent = ((outputs.shape[1] ?? 0) - inputSize) / 2;
      if (outputs.shape.length !== 2 || latent < 1 || !Number.isInteger(latent)) {
        throw new RangeError(
          `variational expected outputs [batch, ${inputSize} + 2 · latent] for an input of ${inputSize} elements, got ${shapeText(outputs.shape)}`,
        );
      }
      const reconstruction = slice(outputs, 1, 0, inputSize);
      const mean = slice(outputs, 1, inputSize, latent);
      const logVariance = slice(outputs, 1, inputSize + latent, latent);
      const errors = exampleSum(reconstructionErrors(reconstruction, reshape(x, [batch, inputSize]), measure));
      const error = measure === "squaredError" ? scaled(errors, 0.5) : errors;
      return add(error, scaled(divergence(mean, logVariance), beta));
    },
  };
}

function divergence(mean: Tensor, logVariance: Tensor): Tensor {
  const terms = sub(sub(add(constant(1), logVariance), mul(mean, mean)), exp(logVariance));
  return scaled(exampleSum(terms), -0.5);
}

export const variationalKind = lossKind(
  "variational",
  {
    measure: v.exactOptional(measureSchema),
    beta: v.exactOptional(v.pipe(v.number(), v.minValue(0), v.maxValue(1e6))),
  },
  variationalLoss,
);
