import type { zooExample as ZooExampleOf } from "./zooExample.ts";
import { zooExample } from "./zooExample.ts";

/** What the scenario needs of the library: `import * as headwater from "headwater"`. */
export type Headwater = typeof import("../../shared/index.ts");

/**
 * Trains every model of the zoo for three steps, the last batch shorter, and a 2NN and a tanh/sigmoid net for two epochs, and gives
 * the hash of each one's new params. The same bytes everywhere: in Node under either of its compilers, and in browsers.
 *
 * The function's text is sent to other processes and pages, so it uses nothing but its arguments.
 */
export function trainedHashes(headwater: Headwater, exampleOf: typeof ZooExampleOf): Record<string, string> {
  const { createLocalTrainer, createRng, defineModel, linear, nobleSha256, paramsHash, sigmoid, tanh, zooModel } =
    headwater;
  const hashes: Record<string, string> = {};

  function train(
    label: string,
    { model, data }: ReturnType<typeof exampleOf>,
    plan: Parameters<typeof createLocalTrainer>[0]["plan"],
  ): void {
    const params = model.init(createRng("init"));
    const { delta } = createLocalTrainer({ model, plan }).train({ params, data, rng: createRng("order") });
    const trained = params.map((value, i) => value + (delta[i] ?? 0));
    hashes[label] = paramsHash(model.spec, trained, nobleSha256);
  }

  const adam = { kind: "adam", learningRate: 0.01 } as const;
  for (const name of headwater.ZOO_MODEL_NAMES) {
    train(name, exampleOf(headwater, name, { numExamples: 5 }), { epochs: 1, batchSize: 2, optimizer: adam });
  }

  const numExamples = 47;
  const inputSize = 784;
  const rng = createRng("bit identity");
  const data = {
    numExamples,
    inputShape: [inputSize],
    inputs: Uint8Array.from({ length: numExamples * inputSize }, () => Math.max(0, rng.nextBelow(512) - 256)),
    targets: Uint8Array.from({ length: numExamples }, () => rng.nextBelow(10)),
    targetSize: 1,
  };
  const curved = defineModel({
    name: "curved",
    input: { shape: [inputSize], scale: 1 / 255, offset: -0.1 },
    layers: [linear(inputSize, 30), tanh(), linear(30, 17), sigmoid(), linear(17, 10)],
    loss: "softmaxCrossEntropy",
  });
  const sgd = { kind: "sgd", learningRate: 0.1 } as const;
  const twoEpochs = { epochs: 2, batchSize: 10 };
  train("2nn for two epochs", { model: zooModel("2nn"), data }, { ...twoEpochs, optimizer: sgd });
  train("curved", { model: curved, data }, { ...twoEpochs, optimizer: { ...sgd, momentum: 0.5 } });
  return hashes;
}

/** The hashes that this process gets. */
export function bitIdentityHashes(headwater: Headwater): Record<string, string> {
  return trainedHashes(headwater, zooExample);
}

/** An expression that gives the hashes where a variable `headwater` is the library. */
export function bitIdentityCall(): string {
  return `(${trainedHashes.toString()})(headwater, ${zooExample.toString()})`;
}
