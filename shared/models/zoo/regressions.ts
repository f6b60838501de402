import { linear } from "../../nn/layers/linear.ts";
import { defineModel } from "../defineModel.ts";
import { zooEntry } from "./zooEntry.ts";

const init = "zeros";

/** Least squares: a number from the inputs. A convex problem, so it begins at zero. */
export const linearRegression = zooEntry({ inputs: 8 }, ({ inputs }) =>
  defineModel({
    name: "linear-regression",
    input: { shape: [inputs] },
    layers: [linear(inputs, 1, { init })],
    loss: "meanSquaredError",
  }),
);

/** The log odds of a yes from the inputs. A convex problem, so it begins at zero. */
export const logisticRegression = zooEntry({ inputs: 8 }, ({ inputs }) =>
  defineModel({
    name: "logistic-regression",
    input: { shape: [inputs] },
    layers: [linear(inputs, 1, { init })],
    loss: "binaryCrossEntropyWithLogits",
  }),
);
