import * as v from "valibot";
import type { JsonValue } from "../base/canonicalJson.ts";
import type { LayerDocument } from "../nn/layer.ts";
import { layerFromDocument } from "../nn/layerFromDocument.ts";
import { mapNestedLayers } from "./lora/nestedLayers.ts";
import type { ModelDocument } from "./modelDocument.ts";

/** Which params of a model stay with each client, where the model's own document does not say so. */
export const personalSchema = v.strictObject({
  /**
   * "norm": every normalisation layer, its statistics included; FedBN: Li et al. 2021, arXiv:2102.07623.
   * { head: n }: the last n layers that have params; FedPer: Arivazhagan et al. 2019, arXiv:1912.00818.
   */
  layers: v.union([
    v.literal("norm"),
    v.strictObject({ head: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(256)) }),
  ]),
});

export type Personal = Readonly<v.InferOutput<typeof personalSchema>>;

const NORMALISATION = ["batchNorm", "layerNorm", "groupNorm", "rmsNorm"];
/** Layers whose own arrays hold normalisation, and under which names. */
const HOLDERS: Readonly<Record<string, readonly string[]>> = { transformerBlock: ["norm1", "norm2"] };

/**
 * The model with some of its layers made private. The document that comes out is the run's: its hash names it.
 * @throws RangeError if there is nothing to make private, or nothing would be left to learn together.
 */
export function personaliseModel(document: ModelDocument, { layers }: Personal): ModelDocument {
  if (layers === "norm") return withPrivateNorms(document);
  const withParams = document.layers.flatMap((layer, i) => (hasArrays(layer) ? [i] : []));
  const head = withParams.slice(-layers.head);
  if (withParams.length <= layers.head) {
    throw new RangeError(
      `"head" expected fewer layers than the ${withParams.length} of "${document.name}" that have params, got ${layers.head}`,
    );
  }
  return {
    ...document,
    layers: document.layers.map((layer, i) => (head.includes(i) ? asPrivate(layer) : layer)),
  };
}

function withPrivateNorms(document: ModelDocument): ModelDocument {
  let found = 0;
  const walk = (layer: LayerDocument): LayerDocument => {
    if (layer.kind === "frozen" || layer.kind === "private") return layer; // stays with the client already
    const holds = HOLDERS[layer.kind];
    if (!(holds || NORMALISATION.includes(layer.kind)) || !hasArrays(layer)) return mapNestedLayers(layer, walk);
    found++;
    return asPrivate(layer, holds);
  };
  const layers = document.layers.map(walk);
  if (found === 0) {
    throw new RangeError(`"personal" expected a model with normalisation layers, got "${document.name}" without any`);
  }
  return { ...document, layers };
}

function asPrivate(layer: LayerDocument, arrays?: readonly string[]): LayerDocument {
  return { kind: "private", layer: layer as JsonValue, ...(arrays && { arrays: [...arrays] }) };
}

function hasArrays(layer: LayerDocument): boolean {
  return Object.keys(layerFromDocument(layer).init).length > 0;
}
