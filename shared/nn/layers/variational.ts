import { assertPositiveInteger } from "../../base/assert.ts";
import { add, concat, constant, exp, mul, reshape, slice } from "../../graph/ops.ts";
import { numElements, sameShape, shapeText } from "../../graph/shape.ts";
import { applyLayers, composeDocuments, composeInit } from "../composeLayers.ts";
import { gaussianNoise } from "../gaussianNoise.ts";
import type { Layer } from "../layer.ts";

export interface VariationalLayers {
  /** x -> [batch, 2 · latent]: mean and log variance of each latent value. */
  readonly encoder: readonly Layer[];
  /** [batch, latent] -> the reconstruction, [batch, ...]. */
  readonly decoder: readonly Layer[];
  readonly latent: number;
}

/**
 * An encoder and a decoder around a Gaussian latent: z = mean + exp(log variance / 2) · noise while training, the mean
 * when evaluating, so that predictions are repeatable.
 * Shapes: x as the encoder takes it -> [batch, n + 2 · latent]: the decoder's n outputs, the mean, the log variance, as the
 * loss "variational" reads them.
 * Source: Kingma and Welling 2014, section 2.4 and eq. 10, arXiv:1312.6114.
 * @throws RangeError unless the encoder gives 2 · latent numbers an example.
 */
export function variational({ encoder, decoder, latent }: VariationalLayers): Layer {
  assertPositiveInteger("latent", latent);
  const documents = [encoder, decoder].map(composeDocuments);
  return {
    name: `variational(${latent})`,
    ...(documents[0] &&
      documents[1] && {
        document: { kind: "variational", encoder: documents[0], decoder: documents[1], latent },
      }),
    init: { ...composeInit(encoder, "encoder"), ...composeInit(decoder, "decoder") },
    apply(params, x, ctx) {
      const batch = x.shape[0]!;
      const encoded = applyLayers(encoder, "encoder", params, x, ctx);
      if (!sameShape(encoded.shape, [batch, 2 * latent])) {
        throw new RangeError(
          `variational expected [batch, ${2 * latent}] from its encoder, got ${shapeText(encoded.shape)} for x ${shapeText(x.shape)}`,
        );
      }
      const mean = slice(encoded, 1, 0, latent);
      const logVariance = slice(encoded, 1, latent, latent);
      const deviation = exp(mul(constant(0.5), logVariance));
      const z = ctx.mode === "train" ? add(mean, mul(deviation, gaussianNoise(ctx, [batch, latent]))) : mean;
      const decoded = applyLayers(decoder, "decoder", params, z, ctx);
      const flat = reshape(decoded, [batch, numElements(decoded.shape) / batch]);
      return concat([flat, mean, logVariance], 1);
    },
  };
}
