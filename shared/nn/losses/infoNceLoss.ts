import * as v from "valibot";
import { assertFinite } from "../../base/assert.ts";
import {
  add,
  concat,
  constant,
  equal,
  literal,
  matmul,
  mul,
  range,
  reshape,
  slice,
  softmaxCrossEntropy,
  transpose,
} from "../../graph/ops.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { unitVectors } from "./cosineSimilarity.ts";
import { scaled } from "./exampleMean.ts";
import type { Loss } from "./loss.ts";
import { lossKind } from "./lossKind.ts";
import { featuresOfViews, splitViews } from "./splitViews.ts";

export interface InfoNceOptions {
  /** What the cosines are divided by, above 0. */
  readonly temperature: number;
  /**
   * What a view is told apart from: "otherView" (default), the second views of the batch for a first one and the reverse (CLIP);
   * "bothViews", every other vector of the batch (SimCLR).
   */
  readonly negatives?: "otherView" | "bothViews";
}

/** Takes a vector's comparison with itself out of the softmax: e^-1e9 is 0. */
const NEVER = -1e9;

/**
 * Contrastive loss of two views an example: each must find its partner among the batch, by cosine. The loss of an example
 * is the mean of the cross-entropies of its two views.
 * Outputs [batch, 2, features] or [batch, 2 · features]; takes no targets. The larger the batch the harder the task, so
 * losses of different batch sizes do not compare.
 * Source: van den Oord et al. 2018, eq. 4, arXiv:1807.03748; symmetric over views: Radford et al. 2021, fig. 3,
 * arXiv:2103.00020; "bothViews": Chen et al. 2020, eq. 1, arXiv:2002.05709.
 */
export function infoNceLoss({ temperature, negatives = "otherView" }: InfoNceOptions): Loss {
  assertFinite("temperature", temperature, Number.MIN_VALUE);
  return {
    name: "infoNce",
    prediction: "values",
    mixesExamples: true,
    targets(_, outputShape) {
      featuresOfViews("infoNce", outputShape, 2);
      return undefined;
    },
    losses(outputs) {
      const views = splitViews("infoNce", outputs, 2).map(unitVectors) as [Tensor, Tensor];
      return negatives === "otherView" ? acrossViews(views, temperature) : amongAll(views, temperature);
    },
  };
}

function acrossViews([first, second]: readonly [Tensor, Tensor], temperature: number): Tensor {
  const batch = first.shape[0]!;
  const logits = scaled(matmul(first, second, { transposeB: true }), 1 / temperature);
  const partners = range(batch, [batch], "i32");
  const losses = [logits, transpose(logits)].map((rows) => softmaxCrossEntropy(rows, partners));
  return scaled(add(losses[0]!, losses[1]!), 0.5);
}

function amongAll(views: readonly [Tensor, Tensor], temperature: number): Tensor {
  const batch = views[0].shape[0]!;
  const all = concat(views, 0);
  const count = 2 * batch;
  const cosines = scaled(matmul(all, all, { transposeB: true }), 1 / temperature);
  const numbers = range(count);
  const isSelf = equal(reshape(numbers, [count, 1]), numbers);
  const partners = Array.from({ length: count }, (_, i) => (i + batch) % count);
  const losses = softmaxCrossEntropy(add(cosines, mul(isSelf, constant(NEVER))), literal(partners, [count], "i32"));
  const byView = reshape(losses, [2, batch]);
  const sum = add(slice(byView, 0, 0, 1), slice(byView, 0, 1, 1));
  return scaled(reshape(sum, [batch]), 0.5);
}

export const infoNceKind = lossKind(
  "infoNce",
  {
    temperature: v.pipe(v.number(), v.minValue(1e-3), v.maxValue(1e3)),
    negatives: v.exactOptional(v.picklist(["otherView", "bothViews"])),
  },
  infoNceLoss,
);
