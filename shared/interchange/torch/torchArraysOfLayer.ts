import type { Shape } from "../../graph/tensor.ts";
import { asItIs, type ElementMap, permuteAxes, reshapeMap, takeRows } from "./elementMap.ts";
import type { LayerToMap } from "./layerToMap.ts";
import { type TorchArray, torchArray } from "./torchArray.ts";
import { recurrentArrays } from "./torchArraysOfRecurrent.ts";

type Arrays = (layer: LayerToMap) => TorchArray[];

/** Layers without layers in them, by kind. What is not here keeps its arrays' names and layouts. */
const byKind: Readonly<Record<string, Arrays>> = {
  /** nn.Linear: weight [out, in]. */
  linear: (layer) => [
    moved(layer, "w", "weight", (w) => permuteAxes(ordered(layer, w), [1, 0])),
    ...same(layer, "b", "bias"),
  ],
  /** nn.Conv2d: weight [out, in / groups, height, width]. */
  conv2d: (layer) => [moved(layer, "w", "weight", (w) => permuteAxes(w, [3, 2, 0, 1])), ...same(layer, "b", "bias")],
  /** nn.Conv1d: weight [out, in / groups, time]. */
  conv1d: (layer) => [moved(layer, "w", "weight", (w) => permuteAxes(w, [2, 1, 0])), ...same(layer, "b", "bias")],
  /** nn.Conv2d with a group a channel: weight [channels · multiplier, 1, height, width]. */
  depthwiseConv2d: (layer) => [moved(layer, "w", "weight", depthwise), ...same(layer, "b", "bias")],
  /** Two nn.Conv2d named "depthwise" (without bias) and "pointwise". */
  separableConv2d: (layer) => [
    moved(layer, "depthwise", "depthwise.weight", depthwise),
    moved(layer, "pointwise", "pointwise.weight", (w) =>
      reshapeMap(permuteAxes(w, [1, 0]), [w.shape[1]!, w.shape[0]!, 1, 1]),
    ),
    ...same(layer, "b", "pointwise.bias"),
  ],
  layerNorm: normalised,
  groupNorm: normalised,
  rmsNorm: normalised,
  /** nn.BatchNorm; its num_batches_tracked has no counterpart here. */
  batchNorm: (layer) => [
    ...normalised(layer),
    ...orderedVector(layer, "mean", "running_mean"),
    ...orderedVector(layer, "variance", "running_var"),
  ],
  embedding: (layer) => same(layer, "w", "weight"),
  /** An nn.Embedding of positions. */
  learnedPositions: (layer) => same(layer, "w", "weight"),
  simpleRnn: recurrentArrays,
  lstm: recurrentArrays,
  gru: recurrentArrays,
  multiHeadAttention: (layer) => attention(layer, "", ""),
  /** nn.TransformerEncoderLayer. */
  transformerBlock: (layer) => [
    ...attention(layer, "attention.", "self_attn."),
    ...affine(layer, "mlp.up", "linear1"),
    ...affine(layer, "mlp.down", "linear2"),
    ...(["norm1", "norm2"] as const).flatMap((norm) => [
      ...same(layer, `${norm}.scale`, `${norm}.weight`),
      ...same(layer, `${norm}.shift`, `${norm}.bias`),
    ]),
  ],
};

/** Kinds whose arrays can follow a flattened image: their features are taken in PyTorch's order. */
const ORDERED_KINDS = ["linear", "layerNorm", "rmsNorm", "batchNorm"];

/**
 * The arrays that PyTorch's layer has in place of ours.
 * @throws RangeError for a layer with arrays that follows a flattened image and does not know its order.
 */
export function torchArraysOfLayer(layer: LayerToMap): TorchArray[] {
  const { document, path, arrays, order } = layer;
  if (order && arrays.size > 0 && !ORDERED_KINDS.includes(document.kind)) {
    throw new RangeError(
      `${path} ${document.kind} follows a flattened image, whose features PyTorch has in another order; only ${ORDERED_KINDS.join(", ")} can`,
    );
  }
  if (Object.hasOwn(byKind, document.kind)) return byKind[document.kind]!(layer);
  return [...arrays.keys()].flatMap((array) => same(layer, array, array));
}

/** nn.MultiheadAttention: queries, keys and values in one weight, heads one after the other, as here. */
function attention(layer: LayerToMap, own: string, torch: string): TorchArray[] {
  return [
    moved(layer, `${own}qkv.w`, `${torch}in_proj_weight`, (w) => permuteAxes(w, [1, 0])),
    ...same(layer, `${own}qkv.b`, `${torch}in_proj_bias`),
    ...affine(layer, `${own}projection`, `${torch}out_proj`),
  ];
}

function affine(layer: LayerToMap, own: string, torch: string): TorchArray[] {
  return [
    moved(layer, `${own}.w`, `${torch}.weight`, (w) => permuteAxes(w, [1, 0])),
    ...same(layer, `${own}.b`, `${torch}.bias`),
  ];
}

function normalised(layer: LayerToMap): TorchArray[] {
  return [...orderedVector(layer, "scale", "weight"), ...orderedVector(layer, "shift", "bias")];
}

/** [height, width, channels, multiplier] -> [channels · multiplier, 1, height, width]. */
function depthwise(w: ElementMap): ElementMap {
  const [height, width, channels, multiplier] = w.shape as [number, number, number, number];
  return reshapeMap(permuteAxes(w, [2, 3, 0, 1]), [channels * multiplier, 1, height, width]);
}

function ordered({ order }: LayerToMap, map: ElementMap): ElementMap {
  return order ? takeRows(map, order) : map;
}

function orderedVector(layer: LayerToMap, own: string, torch: string): TorchArray[] {
  return layer.arrays.has(own) ? [moved(layer, own, torch, (vector) => ordered(layer, vector))] : [];
}

/** An array that is the same in both, where the layer has it. */
function same(layer: LayerToMap, own: string, torch: string): TorchArray[] {
  return layer.arrays.has(own) ? [moved(layer, own, torch, (map) => map)] : [];
}

function moved(
  { path, arrays }: LayerToMap,
  own: string,
  torch: string,
  move: (map: ElementMap) => ElementMap,
): TorchArray {
  const map = move(asItIs(arrays.get(own)!));
  return torchArray(`${path}.${torch}`, `${path}.${own}`, map);
}

/** For each value of a flattened image in PyTorch's order, channels first, its place in ours. */
export function flattenedOrder(shape: Shape): Uint32Array {
  const last = shape.length - 1;
  return permuteAxes(asItIs(shape), [last, ...shape.slice(0, -1).keys()]).elements;
}
