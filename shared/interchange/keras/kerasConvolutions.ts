import type { LayerDocument } from "../../nn/layer.ts";
import type { ConvertedLayer, ConvertLayer } from "./convertedLayer.ts";
import { activationOf } from "./kerasActivations.ts";
import type { KerasLayer } from "./kerasLayer.ts";

/** Convolutions and pooling. Their arrays lie as ours do: channels last, filters [height, width, in, out]. */
export const convolutionLayers: Readonly<Record<string, ConvertLayer>> = {
  Conv1D(layer) {
    const [kernel, outChannels, groups] = [layer.single("kernel_size"), layer.size("filters"), layer.size("groups", 1)];
    const inChannels = channelsOf(layer, 2);
    const document = {
      ...{ kind: "conv1d", inChannels, outChannels, kernel, groups },
      stride: layer.single("strides", 1),
      dilation: layer.single("dilation_rate", 1),
      padding: layer.word("padding", ["valid", "same", "causal"], "valid"),
    };
    return filtered(
      layer,
      document,
      { w: layer.weight("kernel", [kernel, inChannels / groups, outChannels]) },
      outChannels,
    );
  },
  Conv2D(layer) {
    const [kernel, outChannels, groups] = [layer.pair("kernel_size"), layer.size("filters"), layer.size("groups", 1)];
    const inChannels = channelsOf(layer, 3);
    const document = { kind: "conv2d", inChannels, outChannels, kernel, groups, ...windowsOf(layer) };
    return filtered(
      layer,
      document,
      { w: layer.weight("kernel", [...kernel, inChannels / groups, outChannels]) },
      outChannels,
    );
  },
  DepthwiseConv2D(layer) {
    const [kernel, multiplier] = [layer.pair("kernel_size"), layer.size("depth_multiplier", 1)];
    const channels = channelsOf(layer, 3);
    const document = { kind: "depthwiseConv2d", channels, kernel, multiplier, ...windowsOf(layer) };
    const w = layer.weight(["depthwise_kernel", "kernel"], [...kernel, channels, multiplier]);
    return filtered(layer, document, { w }, channels * multiplier);
  },
  SeparableConv2D(layer) {
    const [kernel, multiplier] = [layer.pair("kernel_size"), layer.size("depth_multiplier", 1)];
    const [inChannels, outChannels] = [channelsOf(layer, 3), layer.size("filters")];
    const document = { kind: "separableConv2d", inChannels, outChannels, kernel, multiplier, ...windowsOf(layer) };
    const depthwise = layer.weight("depthwise_kernel", [...kernel, inChannels, multiplier]);
    const pointwise = layer.weight("pointwise_kernel", [1, 1, inChannels * multiplier, outChannels]);
    return filtered(layer, document, { depthwise, pointwise }, outChannels);
  },
  AveragePooling1D: (layer) => poolAlongTime(layer, "averagePool1d"),
  AveragePooling2D: (layer) => poolOfImage(layer, "averagePool2d"),
  GlobalAveragePooling1D: (layer) => poolOfAll(layer, "globalAveragePool"),
  GlobalAveragePooling2D: (layer) => poolOfAll(layer, "globalAveragePool"),
  GlobalMaxPooling1D: (layer) => poolOfAll(layer, "globalMaxPool"),
  GlobalMaxPooling2D: (layer) => poolOfAll(layer, "globalMaxPool"),
  MaxPooling1D: (layer) => poolAlongTime(layer, "maxPool1d"),
  MaxPooling2D: (layer) => poolOfImage(layer, "maxPool2d"),
};

function filtered(
  layer: KerasLayer,
  document: LayerDocument,
  weights: Record<string, Float32Array>,
  outChannels: number,
): ConvertedLayer[] {
  const bias = layer.flag("use_bias", true);
  const arrays = bias ? { ...weights, b: layer.weight("bias", [outChannels]) } : weights;
  return [{ document: { ...document, bias }, arrays }, ...activationOf(layer)];
}

function windowsOf(layer: KerasLayer): Record<"strides" | "dilations" | "padding", string | [number, number]> {
  return {
    strides: layer.pair("strides", [1, 1]),
    dilations: layer.pair("dilation_rate", [1, 1]),
    padding: paddingOf(layer),
  };
}

function paddingOf(layer: KerasLayer): string {
  return layer.word("padding", ["valid", "same"], "valid");
}

/** Channels of the input. @throws RangeError unless they come last and it has so many axes. */
function channelsOf(layer: KerasLayer, axes: number): number {
  layer.only("data_format", "channels_last");
  if (layer.shape.length !== axes) layer.fail(`expected an input of ${axes} axes, got [${layer.shape}]`);
  return layer.shape.at(-1)!;
}

function poolAlongTime(layer: KerasLayer, kind: string): ConvertedLayer[] {
  channelsOf(layer, 2);
  const kernel = layer.single("pool_size", 2);
  return [{ document: { kind, kernel, stride: layer.single("strides", kernel), padding: paddingOf(layer) } }];
}

function poolOfImage(layer: KerasLayer, kind: string): ConvertedLayer[] {
  channelsOf(layer, 3);
  const kernel = layer.pair("pool_size", [2, 2]);
  return [{ document: { kind, kernel, strides: layer.pair("strides", kernel), padding: paddingOf(layer) } }];
}

function poolOfAll(layer: KerasLayer, kind: string): ConvertedLayer[] {
  layer.only("data_format", "channels_last");
  layer.only("keepdims", false);
  return [{ document: { kind } }];
}
