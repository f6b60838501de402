import { createRng } from "../../shared/base/rng.ts";
import { defineModel } from "../../shared/models/defineModel.ts";
import { loraModel } from "../../shared/models/lora/loraModel.ts";
import type { Model } from "../../shared/models/model.ts";
import { linear } from "../../shared/nn/layers/linear.ts";
import { batchNorm } from "../../shared/nn/layers/normalisation/batchNorm.ts";
import { encodeParams } from "../../shared/params/encodeParams.ts";
import { tinyModel } from "./testCoordinator.ts";

/** FedBN: 10 params are shared; scale, shift, mean and variance of the 4 inputs stay with each client. */
export const tinyFedBn = (): Model =>
  defineModel({
    name: "tiny FedBN",
    input: { shape: [4] },
    layers: [batchNorm(4, { statistics: "private", affine: "private" }), linear(4, 2)],
    loss: "softmaxCrossEntropy",
  });

/** The tiny model with adapters of rank 1: 6 params are trained, its own 10 are frozen. */
export const tinyLora = (): Model => loraModel(tinyModel().document, { rank: 1 });

/** A checkpoint of the tiny model. */
export const tinyBase = (): Uint8Array => encodeParams(tinyModel().spec, tinyModel().init(createRng("base")));
