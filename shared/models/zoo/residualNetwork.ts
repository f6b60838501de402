import type { Layer } from "../../nn/layer.ts";
import { conv2d } from "../../nn/layers/convolution/conv2d.ts";
import { linear } from "../../nn/layers/linear.ts";
import { groupNorm } from "../../nn/layers/normalisation/groupNorm.ts";
import { globalAveragePool } from "../../nn/layers/pooling/globalPool.ts";
import { relu } from "../../nn/layers/relu.ts";
import { residual } from "../../nn/layers/structure/residual.ts";
import { defineModel } from "../defineModel.ts";
import { mnistImages } from "./mnistInput.ts";
import { zooEntry } from "./zooEntry.ts";

const STAGES = [16, 32, 64];
const GROUPS = 8;

function convNorm(inChannels: number, outChannels: number, kernel: number, stride = 1): Layer[] {
  return [
    conv2d(inChannels, outChannels, kernel, { padding: (kernel - 1) / 2, strides: stride, bias: false }),
    groupNorm(GROUPS, outChannels),
  ];
}

function basicBlock(inChannels: number, outChannels: number, stride: number): Layer[] {
  const layers = [...convNorm(inChannels, outChannels, 3, stride), relu(), ...convNorm(outChannels, outChannels, 3)];
  const shortcut = stride === 1 ? [] : convNorm(inChannels, outChannels, 1, stride);
  return [residual(layers, shortcut), relu()];
}

/**
 * A residual network for small images: three stages of basic blocks with 16, 32 and 64 channels, the second and third
 * halving the sides, group norm in place of batch norm, which averaging over clients does not suit.
 * Source: He et al. 2016, section 4.2, arXiv:1512.03385; group norm: Wu and He 2018, arXiv:1803.08494, and Hsieh et al. 2020,
 * arXiv:1910.00189. Deviation: projections (1x1) where the shape changes, in place of padded identities.
 */
function residualNetwork(name: string, blocksAStage: number) {
  return defineModel({
    name,
    input: mnistImages,
    layers: [
      ...[...convNorm(1, STAGES[0]!, 3), relu()],
      ...STAGES.flatMap((channels, stage) =>
        Array.from({ length: blocksAStage }, (_, block) => {
          const isNew = stage > 0 && block === 0;
          return basicBlock(isNew ? STAGES[stage - 1]! : channels, channels, isNew ? 2 : 1);
        }).flat(),
      ),
      ...[globalAveragePool(), linear(STAGES.at(-1)!, 10, { init: "glorotUniform" })],
    ],
    loss: "softmaxCrossEntropy",
  });
}

/** One block a stage: 77,754 params. */
export const resNet8 = zooEntry({}, () => residualNetwork("resnet-8", 1));

/** Three blocks a stage: 272,186 params. */
export const resNet20 = zooEntry({}, () => residualNetwork("resnet-20", 3));
