import { linear } from "../../nn/layers/linear.ts";
import { tanh } from "../../nn/layers/tanh.ts";
import { defineModel } from "../defineModel.ts";
import { zooEntry } from "./zooEntry.ts";

/**
 * A policy for the cart and pole of `shared/environments`: from what it sees (4 numbers) to logits of left and right.
 * Trained by REINFORCE: Williams 1992, eq. 4.
 */
export const cartPolePolicy = zooEntry({}, () =>
  defineModel({
    name: "cartpole-policy",
    input: { shape: [4] },
    layers: [linear(4, 32, { init: "glorotUniform" }), tanh(), linear(32, 2, { init: "glorotUniform" })],
    loss: "policyGradient",
  }),
);
