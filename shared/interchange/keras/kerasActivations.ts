import type { LayerDocument } from "../../nn/layer.ts";
import type { ConvertedLayer } from "./convertedLayer.ts";
import type { KerasLayer } from "./kerasLayer.ts";

const ACTIVATIONS: Readonly<Record<string, LayerDocument | undefined>> = {
  linear: undefined,
  elu: { kind: "elu" },
  gelu: { kind: "gelu" },
  leaky_relu: { kind: "leakyRelu", slope: 0.2 },
  relu: { kind: "relu" },
  selu: { kind: "selu" },
  sigmoid: { kind: "sigmoid" },
  silu: { kind: "silu" },
  softmax: { kind: "softmax" },
  softplus: { kind: "softplus" },
  swish: { kind: "silu" },
  tanh: { kind: "tanh" },
};

/** The activation that a layer names, as a layer of its own. @throws RangeError for one that does not exist here. */
export function activationOf(layer: KerasLayer): ConvertedLayer[] {
  const document = ACTIVATIONS[layer.word("activation", Object.keys(ACTIVATIONS), "linear")];
  return document ? [{ document }] : [];
}

/** Layers that are an activation. */
export const activationLayers = {
  Activation: activationOf,
  ELU: (layer) => [{ document: { kind: "elu", alpha: layer.number("alpha", 1) } }],
  LeakyReLU(layer) {
    const slope = layer.raw("negative_slope") === undefined ? "alpha" : "negative_slope";
    return [{ document: { kind: "leakyRelu", slope: layer.number(slope, 0.3) } }];
  },
  ReLU(layer) {
    layer.only("max_value");
    layer.only("threshold", 0);
    const slope = layer.number("negative_slope", 0);
    return [{ document: slope === 0 ? { kind: "relu" } : { kind: "leakyRelu", slope } }];
  },
  Softmax(layer) {
    layer.only("axis", -1, layer.shape.length);
    return [{ document: { kind: "softmax" } }];
  },
} satisfies Record<string, (layer: KerasLayer) => ConvertedLayer[]>;
