import { concat, constant, literal, mul, reshape, softmaxCrossEntropy } from "../graph/ops.ts";
import { numElements } from "../graph/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { evaluateContext } from "../nn/applyContext.ts";
import { cosineSimilarity } from "../nn/losses/cosineSimilarity.ts";
import type { ParamsEntry } from "../params/paramsSpec.ts";
import type { Contrast } from "./localObjective.ts";
import type { Model } from "./model.ts";

export interface ContrastOptions {
  readonly model: Model;
  readonly params: readonly Tensor[];
  readonly x: Tensor;
  /** Of the model that trains, [batch, ...]. */
  readonly representation: Tensor;
  readonly contrast: Contrast;
  /** An entry of the received params ("anchor") or of the local ones of the round before ("previous"). */
  readonly beside: (prefix: "anchor" | "previous", entry: ParamsEntry) => Tensor;
}

/**
 * The model-contrastive term of each example, [batch]: its representation z must be nearer to that of the received model than
 * to that of the model which this client had at the end of its last round.
 *
 *   mu · -log( e^(cos(z, received) / t) / (e^(cos(z, received) / t) + e^(cos(z, previous) / t)) )
 *
 * The two other models are judges: they compute as in evaluation. They have the frozen params of the one that trains.
 * Source: Li et al. 2021 (MOON), eq. 2 and 3, arXiv:2103.16257; z is what the last layer with params is given.
 */
export function contrastiveLosses({ model, params, x, representation, contrast, beside }: ContrastOptions): Tensor {
  const { mu, temperature } = contrast;
  const batch = x.shape[0]!;
  const flat = (tensor: Tensor): Tensor => reshape(tensor, [batch, numElements(tensor.shape) / batch]);
  const known = new Set(model.representationEntries);
  const cosineWith = (prefix: "anchor" | "previous"): Tensor => {
    const own = model.spec.entries.map((entry, i) =>
      known.has(i) && entry.kind !== "frozen" ? beside(prefix, entry) : params[i]!,
    );
    const other = model.applyInTwo(own, x, evaluateContext).representation;
    return reshape(cosineSimilarity(flat(representation), flat(other)), [batch, 1]);
  };
  const cosines = concat([cosineWith("anchor"), cosineWith("previous")], 1);
  const isReceived = literal(new Array<number>(batch).fill(0), [batch], "i32");
  return mul(constant(mu), softmaxCrossEntropy(mul(cosines, constant(1 / temperature)), isReceived));
}
