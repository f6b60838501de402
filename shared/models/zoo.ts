import { nearestName } from "../base/nearestName.ts";
import { linear } from "../nn/layers/linear.ts";
import { relu } from "../nn/layers/relu.ts";
import { defineModel } from "./defineModel.ts";
import type { Model } from "./model.ts";

/** MNIST's images: 784 bytes an example, brought to 0 .. 1. */
const mnistPixels = { shape: [784], scale: 1 / 255 };

const zoo = {
  /** 199,210 params. Source: McMahan et al. 2017, section 3, arXiv:1602.05629. */
  "2nn": () =>
    defineModel({
      name: "2nn",
      input: mnistPixels,
      layers: [linear(784, 200), relu(), linear(200, 200), relu(), linear(200, 10)],
      loss: "softmaxCrossEntropy",
    }),
  /** 7,850 params. */
  "softmax-regression": () =>
    defineModel({
      name: "softmax-regression",
      input: mnistPixels,
      layers: [linear(784, 10)],
      loss: "softmaxCrossEntropy",
    }),
} satisfies Record<string, () => Model>;

export type ZooModelName = keyof typeof zoo;

/** The names that `zooModel` knows. */
export const ZOO_MODEL_NAMES = Object.keys(zoo) as ZooModelName[];

/** A named architecture. @throws TypeError for a name that is none, with the nearest one. */
export function zooModel(name: string): Model {
  if (Object.hasOwn(zoo, name)) return zoo[name as ZooModelName]();
  const nearest = nearestName(name, ZOO_MODEL_NAMES);
  const hint = nearest ? `; did you mean "${nearest}"?` : `; known are ${ZOO_MODEL_NAMES.join(", ")}`;
  throw new TypeError(`"model" expected a known name, got ${JSON.stringify(name.slice(0, 100))}${hint}`);
}
