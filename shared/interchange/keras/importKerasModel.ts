import * as v from "valibot";
import { nearestName } from "../../base/nearestName.ts";
import { input } from "../../graph/ops.ts";
import { OPSET_VERSION } from "../../graph/opset.ts";
import { numElements } from "../../graph/shape.ts";
import type { Shape } from "../../graph/tensor.ts";
import type { Model } from "../../models/model.ts";
import { MODEL_LIMITS } from "../../models/modelDocument.ts";
import { modelFromDocument } from "../../models/modelFromDocument.ts";
import { parseModelDocument } from "../../models/parseModelDocument.ts";
import { evaluateContext } from "../../nn/applyContext.ts";
import { layerDocumentSchema } from "../../nn/layerDocument.ts";
import { layerFromDocument } from "../../nn/layerFromDocument.ts";
import type { LossDocument } from "../../nn/losses/lossDocument.ts";
import type { ConvertedLayer } from "./convertedLayer.ts";
import { type KerasLayerJson, type KerasTopology, parseKerasFile } from "./kerasFile.ts";
import { kerasLayer } from "./kerasLayer.ts";
import { kerasLayers } from "./kerasLayers.ts";
import { type KerasWeights, readKerasWeights } from "./kerasWeights.ts";

export interface ImportKerasOptions {
  /** What the raw values of an example are scaled by before the first layer, which Keras leaves to its caller: 1 when absent. */
  readonly scale?: number;
  /** What is added after that; 0 when absent. */
  readonly offset?: number;
  /** By the last activation when absent. */
  readonly loss?: LossDocument;
}

export interface ImportedKerasModel {
  readonly model: Model;
  /** [model.spec.length] */
  readonly params: Float32Array;
  /** The activation that was last and was left out: models here give logits, and their loss knows what they mean. */
  readonly leftOut?: "softmax" | "sigmoid";
}

const FINAL_LOSSES = {
  softmax: "softmaxCrossEntropy",
  sigmoid: "binaryCrossEntropyWithLogits",
} as const;

/**
 * A model of Keras or TensorFlow.js from its layers-model file, Sequential or a functional chain of layers.
 *
 * A softmax or sigmoid at the end is left out and decides the loss (softmaxCrossEntropy, binaryCrossEntropyWithLogits);
 * a model that ends otherwise gets meanSquaredError. Give `loss` for another one; the end is the same.
 * Both arguments are untrusted. Recurrent layers come without their dropout.
 * Source of the format: https://www.tensorflow.org/js/guide/save_load
 * @param json a parsed model.json: `modelTopology` and `weightsManifest`.
 * @param weightBytes the files of the manifest, one after the other.
 * @throws TypeError or RangeError that names the field, layer or weight that is wrong; for a kind of layer that does not
 * exist here, with those that do.
 */
export function importKerasModel(
  json: unknown,
  weightBytes: Uint8Array,
  options: ImportKerasOptions = {},
): ImportedKerasModel {
  if (weightBytes.length > 4 * MODEL_LIMITS.params) {
    throw new RangeError(`keras weights expected <= ${4 * MODEL_LIMITS.params} bytes, got ${weightBytes.length}`);
  }
  const { topology, weights: specs } = parseKerasFile(json);
  const weights = readKerasWeights(specs, weightBytes);
  const shape = inputShapeOf(topology);
  const converted = convertLayers(topology.layers, shape, weights);
  weights.assertAllTaken();

  const last = converted.at(-1)?.document.kind;
  const leftOut = converted.length > 1 && (last === "softmax" || last === "sigmoid") ? last : undefined;
  const kept = leftOut ? converted.slice(0, -1) : converted;
  const { scale = 1, offset = 0, loss = leftOut ? FINAL_LOSSES[leftOut] : "meanSquaredError" } = options;
  const document = parseModelDocument({
    format: "headwater-model/1",
    opset: OPSET_VERSION,
    name: (topology.name ?? "keras model").slice(0, 100),
    input: { shape, scale, offset },
    layers: kept.map((layer) => layer.document),
    loss,
  });
  const model = modelFromDocument(document);
  const params = new Float32Array(model.spec.length);
  for (const { name, offset: start } of model.spec.entries) {
    const [, index, ...array] = name.split(".");
    params.set(kept[Number(index)]!.arrays![array.join(".")]!, start);
  }
  return { model, params, ...(leftOut && { leftOut }) };
}

function convertLayers(layers: readonly KerasLayerJson[], inputShape: Shape, weights: KerasWeights): ConvertedLayer[] {
  const converted: ConvertedLayer[] = [];
  let shape = inputShape;
  for (const json of layers) {
    const { class_name: kind, config } = json;
    if (!Object.hasOwn(kerasLayers, kind)) throw unknownKind(kind, config.name);
    const layer = kerasLayer({ json, shape, weights });
    for (const one of kerasLayers[kind]!(layer)) {
      converted.push(one);
      shape = shapeAfter(one, shape, (message) => layer.fail(message));
    }
  }
  return converted;
}

/** Shape of one example behind a layer, which is held to its bounds first. */
function shapeAfter({ document }: ConvertedLayer, shape: Shape, fail: (message: string) => never): Shape {
  const checked = v.safeParse(layerDocumentSchema, document, { abortEarly: true });
  if (!checked.success) return fail(`no ${document.kind} can be so: ${checked.issues[0].message}`);
  try {
    const layer = layerFromDocument(checked.output);
    const params = Object.entries(layer.init).map(([name, begins]) => [name, input(name, begins.shape)] as const);
    return layer.apply(Object.fromEntries(params), input("x", [1, ...shape]), evaluateContext).shape.slice(1);
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    return fail(error.message);
  }
}

/** Shape of one example, from the first layer that states one. */
function inputShapeOf({ layers }: KerasTopology): Shape {
  const { config } = layers[0]!;
  const stated = config.batch_input_shape ?? config.batch_shape;
  const [, ...shape] = Array.isArray(stated) ? stated : [];
  const isShape = shape.length > 0 && shape.every((size) => Number.isSafeInteger(size) && size >= 1);
  if (!isShape || numElements(shape) > MODEL_LIMITS.inputElements) {
    throw new RangeError(
      `keras model expected an input shape [batch, sizes >= 1] of at most ${MODEL_LIMITS.inputElements} values, got ${(JSON.stringify(stated) ?? "none").slice(0, 100)}`,
    );
  }
  return shape;
}

function unknownKind(kind: string, name: unknown): TypeError {
  const known = Object.keys(kerasLayers).sort();
  const nearest = nearestName(kind, known);
  return new TypeError(
    `keras layer ${JSON.stringify(String(name).slice(0, 100))} is a ${kind.slice(0, 100)}, which has no counterpart here${nearest ? `; the nearest is ${nearest}` : ""}; known are ${known.join(", ")}`,
  );
}
