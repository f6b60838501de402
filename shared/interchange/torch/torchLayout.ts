import type { Shape } from "../../graph/tensor.ts";
import type { Model } from "../../models/model.ts";
import type { LayerDocument } from "../../nn/layer.ts";
import { layerShapes } from "./layerShapes.ts";
import type { TorchArray } from "./torchArray.ts";
import { flattenedOrder, torchArraysOfLayer } from "./torchArraysOfLayer.ts";
import { isAdapter, loraArrays } from "./torchArraysOfLora.ts";

/** Where the elements of a value are in PyTorch, where that is not as here. */
interface Placement {
  /** Whether the channels of a sequence come before its time: after a convolution or pooling. Those of images always do. */
  readonly isChannelsFirst: boolean;
  /** After a flattened image: for each feature in PyTorch's order its place in ours. */
  readonly order?: Uint32Array;
}

const AS_HERE: Placement = { isChannelsFirst: false };

/** Layers that work on each value by itself, so that its place does not matter. */
const PLACELESS = [
  ...["identity", "relu", "leakyRelu", "elu", "selu", "gelu", "silu", "tanh", "sigmoid", "softplus", "softmax"],
  ...["dropout", "spatialDropout", "layerNorm", "groupNorm", "rmsNorm", "batchNorm", "leakyIntegrateAndFire"],
];

const CHANNELS_FIRST = [
  ...["conv1d", "conv2d", "depthwiseConv2d", "separableConv2d"],
  ...["maxPool1d", "maxPool2d", "averagePool1d", "averagePool2d"],
];

/**
 * The arrays of the PyTorch module that computes what a model does: its layers as modules of the same paths, images with
 * channels first.
 * @throws RangeError where no order of features is the same in both.
 */
export function torchLayout(model: Model): TorchArray[] {
  const shapes = layerShapes(model);
  const { entries } = model.spec;
  const found: TorchArray[] = [];
  walkAll(model.document.layers, "layers", AS_HERE);
  return found;

  function walkAll(documents: readonly LayerDocument[], path: string, placement: Placement): Placement {
    return documents.reduce((before, document, i) => walk(document, `${path}.${i}`, before), placement);
  }

  /** The layer's arrays go to `found`; the result is the placement of its value. */
  function walk(document: LayerDocument, path: string, placement: Placement): Placement {
    const nested = (key: string): readonly LayerDocument[] => (document[key] ?? []) as readonly LayerDocument[];
    switch (document.kind) {
      case "sequential":
      case "masked":
      case "spiking":
        return walkAll(nested("layers"), `${path}.layers`, placement);
      case "residual":
        walkAll(nested("shortcut"), `${path}.shortcut`, placement);
        return walkAll(nested("layers"), `${path}.layers`, placement);
      case "frozen":
      case "private":
        return walk(document.layer as unknown as LayerDocument, path, placement);
      case "lora":
        found.push(...loraArrays(path, arraysAt(path), placement.order));
        return walk(document.layer as unknown as LayerDocument, path, placement);
      case "variational":
        walkAll(nested("decoder"), `${path}.decoder`, walkAll(nested("encoder"), `${path}.encoder`, placement));
        return AS_HERE;
      case "denseConnection":
        return joined(path, placement, [placement, walkAll(nested("layers"), `${path}.layers`, placement)]);
      case "parallel":
        return joined(
          path,
          placement,
          (document.branches as unknown as readonly (readonly LayerDocument[])[]).map((branch, i) =>
            walkAll(branch, `${path}.branches.${i}`, placement),
          ),
        );
      default:
        return walkOne(document, path, placement);
    }
  }

  function walkOne(document: LayerDocument, path: string, placement: Placement): Placement {
    const layers = (document.layers ?? []) as readonly LayerDocument[];
    const isHolder = Array.isArray(layers) && layers.length > 0;
    const arrays = new Map(
      [...arraysAt(path)].filter(([array]) => !isAdapter(array) && !(isHolder && array.startsWith("layers."))),
    );
    found.push(...torchArraysOfLayer({ document, path, arrays, order: placement.order }));
    if (isHolder) walkAll(layers, `${path}.layers`, AS_HERE);
    return placementAfter(document, path, placement);
  }

  function placementAfter(document: LayerDocument, path: string, placement: Placement): Placement {
    const shape = shapes.get(document)!;
    const isFlat =
      document.kind === "flatten" || (document.kind === "reshape" && (document.shape as Shape).length === 1);
    if (isFlat) {
      const isImage = shape.length === 3 || (shape.length === 2 && placement.isChannelsFirst);
      const order = isImage ? flattenedOrder(shape) : undefined;
      // With one channel, or one position, both orders are the same.
      return order?.some((place, i) => place !== i) ? { ...AS_HERE, order } : isImage ? AS_HERE : placement;
    }
    if (document.kind === "reshape" && placement.order) {
      throw new RangeError(`${path} reshape follows a flattened image, whose features PyTorch has in another order`);
    }
    if (PLACELESS.includes(document.kind)) return placement;
    return CHANNELS_FIRST.includes(document.kind) ? { isChannelsFirst: true } : AS_HERE;
  }

  function joined(path: string, before: Placement, branches: readonly Placement[]): Placement {
    if (before.order || branches.some(({ order }) => order)) {
      throw new RangeError(`${path} joins flattened images, whose features PyTorch has in another order`);
    }
    return { isChannelsFirst: branches.some(({ isChannelsFirst }) => isChannelsFirst) };
  }

  /** Shapes of the arrays under a path, by their names there. */
  function arraysAt(path: string): Map<string, Shape> {
    const own = entries.filter(({ name }) => name.startsWith(`${path}.`));
    return new Map(own.map(({ name, shape }) => [name.slice(path.length + 1), shape]));
  }
}
