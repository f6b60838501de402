import { linear } from "../../nn/layers/linear.ts";
import { relu } from "../../nn/layers/relu.ts";
import { variational } from "../../nn/layers/variational.ts";
import { defineModel } from "../defineModel.ts";
import { mnistPixels } from "./mnistInput.ts";
import { zooEntry } from "./zooEntry.ts";

/**
 * A variational autoencoder of MNIST's images; its loss is the negative evidence lower bound of an image, in nats.
 * Source: Kingma and Welling 2014, appendix C (Bernoulli decoder), arXiv:1312.6114, with ReLU.
 */
export const variationalAutoencoder = zooEntry({ latent: 20 }, ({ latent }) =>
  defineModel({
    name: "vae",
    input: mnistPixels,
    layers: [
      variational({
        encoder: [linear(784, 256), relu(), linear(256, 2 * latent, { init: "glorotUniform" })],
        decoder: [linear(latent, 256), relu(), linear(256, 784, { init: "glorotUniform" })],
        latent,
      }),
    ],
    loss: "variational",
  }),
);
