import { numElements } from "../../graph/shape.ts";
import type { ConvertLayer } from "./convertedLayer.ts";
import { activationLayers, activationOf } from "./kerasActivations.ts";
import { convolutionLayers } from "./kerasConvolutions.ts";
import type { KerasLayer } from "./kerasLayer.ts";
import { recurrentLayers } from "./kerasRecurrent.ts";

/** Every layer of Keras that has a counterpart here, by class. */
export const kerasLayers: Readonly<Record<string, ConvertLayer>> = {
  ...activationLayers,
  ...convolutionLayers,
  ...recurrentLayers,
  BatchNormalization(layer) {
    const channels = lastAxis(layer);
    const arrays = {
      ...affineOf(layer, channels),
      mean: layer.weight("moving_mean", [channels]),
      variance: layer.weight("moving_variance", [channels]),
    };
    // Keras's momentum is the share of the old average, ours that of the batch.
    const momentum = 1 - layer.number("momentum", 0.99);
    return [{ document: { kind: "batchNorm", channels, epsilon: layer.number("epsilon", 1e-3), momentum }, arrays }];
  },
  Dense(layer) {
    const [inFeatures, outFeatures] = [layer.shape.at(-1)!, layer.size("units")];
    const bias = layer.flag("use_bias", true);
    const w = layer.weight("kernel", [inFeatures, outFeatures]);
    const arrays = { w, ...(bias && { b: layer.weight("bias", [outFeatures]) }) };
    return [{ document: { kind: "linear", inFeatures, outFeatures, bias }, arrays }, ...activationOf(layer)];
  },
  Dropout: (layer) => [{ document: { kind: "dropout", rate: layer.number("rate", 0) } }],
  Embedding(layer) {
    layer.only("mask_zero", false);
    const [vocabulary, features] = [layer.size("input_dim"), layer.size("output_dim")];
    const w = layer.weight("embeddings", [vocabulary, features]);
    return [{ document: { kind: "embedding", vocabulary, features }, arrays: { w } }];
  },
  Flatten(layer) {
    layer.only("data_format", "channels_last");
    return [{ document: { kind: "flatten" } }];
  },
  InputLayer: () => [],
  LayerNormalization(layer) {
    const features = lastAxis(layer);
    const isAffine = layer.flag("scale", true) || layer.flag("center", true);
    const arrays = isAffine ? affineOf(layer, features) : {};
    const epsilon = layer.number("epsilon", 1e-3);
    return [{ document: { kind: "layerNorm", features, epsilon, affine: isAffine }, arrays }];
  },
  Reshape(layer) {
    const target = layer.raw("target_shape");
    const sizes = Array.isArray(target) ? target.map(Number) : [];
    const known = numElements(sizes.filter((size) => size !== -1));
    const shape = sizes.map((size) => (size === -1 ? numElements(layer.shape) / known : size));
    if (!shape.every((size) => Number.isSafeInteger(size) && size >= 1)) {
      layer.fail(`"target_shape" expected sizes that hold [${layer.shape}], got ${JSON.stringify(target)}`);
    }
    return [{ document: { kind: "reshape", shape } }];
  },
  SpatialDropout1D: spatialDropout,
  SpatialDropout2D: spatialDropout,
};

/** Size of the last axis. @throws RangeError if the layer normalises another one. */
function lastAxis(layer: KerasLayer): number {
  const axis = layer.raw("axis");
  const last = layer.shape.length;
  const one = Array.isArray(axis) && axis.length === 1 ? axis[0] : (axis ?? -1);
  if (one !== -1 && one !== last) layer.fail(`"axis" expected the last one, got ${JSON.stringify(axis)}`);
  return layer.shape.at(-1)!;
}

/** Scale and shift; ones and zeros for the one that the layer leaves out. */
function affineOf(layer: KerasLayer, features: number): Record<"scale" | "shift", Float32Array> {
  return {
    scale: layer.flag("scale", true) ? layer.weight("gamma", [features]) : new Float32Array(features).fill(1),
    shift: layer.flag("center", true) ? layer.weight("beta", [features]) : new Float32Array(features),
  };
}

function spatialDropout(layer: KerasLayer): ReturnType<ConvertLayer> {
  layer.only("data_format", "channels_last");
  return [{ document: { kind: "spatialDropout", rate: layer.number("rate", 0) } }];
}
