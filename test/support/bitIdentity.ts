/** What the scenario needs of the library: `import * as headwater from "headwater"`. */
export type Headwater = typeof import("../../shared/index.ts");

/**
 * Trains a 2NN and a tanh/sigmoid net for two epochs with a short last batch and gives the hash of each one's new params. The same
 * bytes everywhere: in Node under either of its compilers, and in browsers.
 *
 * The function's text is sent to other processes and pages, so it uses nothing but its argument.
 */
export function bitIdentityHashes(headwater: Headwater): Record<string, string> {
  const { createLocalTrainer, createRng, defineModel, linear, nobleSha256, paramsHash, sigmoid, tanh, zooModel } =
    headwater;
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
  const models = [
    zooModel("2nn"),
    defineModel({
      name: "curved",
      input: { shape: [inputSize], scale: 1 / 255, offset: -0.1 },
      layers: [linear(inputSize, 30), tanh(), linear(30, 17), sigmoid(), linear(17, 10)],
      loss: "softmaxCrossEntropy",
    }),
  ];
  const hashes: Record<string, string> = {};
  for (const model of models) {
    const optimizer = { kind: "sgd", learningRate: 0.1, momentum: model.document.name === "2nn" ? 0 : 0.5 } as const;
    const trainer = createLocalTrainer({ model, plan: { epochs: 2, batchSize: 10, optimizer } });
    const params = model.init(createRng("init"));
    const { delta } = trainer.train({ params, data, rng: createRng("order") });
    hashes[model.document.name] = paramsHash(
      model.spec,
      params.map((value, i) => value + (delta[i] ?? 0)),
      nobleSha256,
    );
  }
  return hashes;
}
