import { windowAttributes } from "../../graph/ops/convolution.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { OnnxAttribute } from "./onnxMessages.ts";
import type { Translate } from "./translation.ts";

// ONNX has the channels before the positions. Pairs of transposes between two such ops cancel out in the runtimes.

const CHANNELS_FIRST = [0, 3, 1, 2];
const CHANNELS_LAST = [0, 2, 3, 1];
const FILTERS_FIRST = [3, 2, 0, 1];

export const translateConv2d: Translate = ({ node, inputs: [x, w], builder }) => {
  const image = builder.node("Transpose", [x!], { perm: CHANNELS_FIRST });
  const filters = builder.node("Transpose", [w!], { perm: FILTERS_FIRST });
  return builder.node("Transpose", [builder.node("Conv", [image, filters], windowsOf(node))], { perm: CHANNELS_LAST });
};

export const translateMaxPool2d: Translate = ({ node, inputs: [x], builder }) => {
  const image = builder.node("Transpose", [x!], { perm: CHANNELS_FIRST });
  return builder.node("Transpose", [builder.node("MaxPool", [image], windowsOf(node))], { perm: CHANNELS_LAST });
};

function windowsOf(node: Tensor): Record<string, OnnxAttribute> {
  const { kernel, strides, dilations, padding } = windowAttributes(node);
  const [top, bottom, left, right] = padding;
  return { kernel_shape: kernel, strides, dilations, pads: [top, left, bottom, right] };
}
