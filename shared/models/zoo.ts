import { assertPositiveInteger } from "../base/assert.ts";
import { nameHint } from "../base/nearestName.ts";
import type { Model } from "./model.ts";
import { adaptedTinyGpt, adaptedTwoHiddenLayers } from "./zoo/adaptedModels.ts";
import { autoencoder } from "./zoo/autoencoder.ts";
import { cartPolePolicy } from "./zoo/cartPolePolicy.ts";
import { charLstm } from "./zoo/charLstm.ts";
import { federatedCnn } from "./zoo/federatedCnn.ts";
import { denseGraphConvolution, graphConvolution } from "./zoo/graphConvolution.ts";
import { graphIsomorphism } from "./zoo/graphIsomorphism.ts";
import { gruClassifier } from "./zoo/gruClassifier.ts";
import { leNet5 } from "./zoo/leNet5.ts";
import { matrixFactorisation } from "./zoo/matrixFactorisation.ts";
import { mobileNet } from "./zoo/mobileNet.ts";
import { linearRegression, logisticRegression } from "./zoo/regressions.ts";
import { resNet8, resNet20 } from "./zoo/residualNetwork.ts";
import { sensorCnn } from "./zoo/sensorCnn.ts";
import { simplicialNet } from "./zoo/simplicialNet.ts";
import { softmaxRegression } from "./zoo/softmaxRegression.ts";
import { spikingCnn, spikingMlp } from "./zoo/spikingNetworks.ts";
import { textClassifier } from "./zoo/textClassifier.ts";
import { tinyGpt } from "./zoo/tinyGpt.ts";
import { twoHiddenLayers } from "./zoo/twoHiddenLayers.ts";
import { variationalAutoencoder } from "./zoo/variationalAutoencoder.ts";
import type { ZooEntry } from "./zoo/zooEntry.ts";

const zoo = {
  "linear-regression": linearRegression,
  "logistic-regression": logisticRegression,
  "softmax-regression": softmaxRegression,
  "2nn": twoHiddenLayers,
  "2nn-lora": adaptedTwoHiddenLayers,
  cnn: federatedCnn,
  "lenet-5": leNet5,
  "resnet-8": resNet8,
  "resnet-20": resNet20,
  "mobile-net": mobileNet,
  "char-lstm": charLstm,
  "tiny-gpt": tinyGpt,
  "tiny-gpt-lora": adaptedTinyGpt,
  "text-classifier": textClassifier,
  "gru-classifier": gruClassifier,
  "sensor-cnn": sensorCnn,
  autoencoder,
  vae: variationalAutoencoder,
  gcn: graphConvolution,
  "gcn-karate": denseGraphConvolution,
  gin: graphIsomorphism,
  "simplicial-net": simplicialNet,
  "spiking-mlp": spikingMlp,
  "spiking-cnn": spikingCnn,
  "cartpole-policy": cartPolePolicy,
  "matrix-factorisation": matrixFactorisation,
} satisfies Record<string, ZooEntry>;

export type ZooModelName = keyof typeof zoo;

/** Sizes of a model that may follow the data, by name: { vocabulary: 64, context: 32 }. */
export type ZooSizes = Readonly<Record<string, number>>;

/** The names that `zooModel` knows. */
export const ZOO_MODEL_NAMES = Object.keys(zoo) as ZooModelName[];

/**
 * A named architecture, with its usual sizes but for those given.
 * @throws TypeError for a name of a model or size that is none, with the nearest one; RangeError for a size that is no whole
 * number above 0.
 */
export function zooModel(name: string, sizes: ZooSizes = {}): Model {
  const usual = zooSizes(name);
  const known = Object.keys(usual);
  for (const [size, value] of Object.entries(sizes)) {
    if (!Object.hasOwn(usual, size)) throw unknownName(`a size of "${name}"`, size, known);
    assertPositiveInteger(`${name}.${size}`, value);
  }
  return zoo[name as ZooModelName].build({ ...usual, ...sizes });
}

/** The sizes that a model lets its caller choose, as they usually are. @throws TypeError for a name that is none. */
export function zooSizes(name: string): ZooSizes {
  if (!Object.hasOwn(zoo, name)) throw unknownName("a known name", name, ZOO_MODEL_NAMES);
  return zoo[name as ZooModelName].sizes;
}

function unknownName(expected: string, name: string, known: readonly string[]): TypeError {
  const got = JSON.stringify(name.slice(0, 100));
  return new TypeError(`"model" expected ${expected}, got ${got}; ${nameHint(name, known)}`);
}
