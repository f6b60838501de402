import type { Penalties } from "../../shared/models/penalties.ts";
import type { ZooModelName } from "../../shared/models/zoo.ts";
import type { GradientClip } from "../../shared/optim/gradientClip.ts";
import type { OptimizerPlan } from "../../shared/optim/optimizerPlan.ts";
import type { LocalPlan } from "../../shared/train/localPlan.ts";

/** How a model is trained centrally when nobody says otherwise. */
export interface TrainingRecipe {
  /** As `--data` takes it; where it names no file that comes with Headwater, `needs` says what to give. */
  readonly data?: string;
  readonly needs?: string;
  /** What a source that is read from a file must give to fit the model, by the member that names the file. */
  readonly forms?: Readonly<Record<string, string>>;
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimizer: OptimizerPlan;
  /** "oneCycle" spans the whole training. Constant when absent. */
  readonly schedule?: "oneCycle";
  readonly clip?: GradientClip;
  readonly penalties?: Penalties;
}

const mnist = { data: "mnist", batchSize: 50, schedule: "oneCycle" } as const;
const text = { data: "sums", batchSize: 50, clip: { kind: "norm", bound: 1 } } as const;
const messages = { needs: "sms:FILE", forms: { form: "words" }, epochs: 10, batchSize: 20 } as const;
const molecules = { needs: "mutag:FILE", epochs: 100, batchSize: 32 } as const;

const adam = (learningRate: number): OptimizerPlan => ({ kind: "adam", learningRate });

/** The recipe of each model that learns from data; "cartpole-policy" learns from its environment. */
export const TRAINING_RECIPES: Readonly<Record<Exclude<ZooModelName, "cartpole-policy">, TrainingRecipe>> = {
  "linear-regression": { data: "linear", epochs: 20, batchSize: 20, optimizer: { kind: "sgd", learningRate: 0.05 } },
  "logistic-regression": { data: "logistic", epochs: 20, batchSize: 20, optimizer: { kind: "sgd", learningRate: 0.1 } },
  "softmax-regression": { ...mnist, epochs: 10, optimizer: adam(0.003) },
  "2nn": { ...mnist, epochs: 10, optimizer: adam(0.003) },
  "2nn-lora": { ...mnist, epochs: 3, optimizer: adam(0.003) },
  cnn: { ...mnist, epochs: 3, optimizer: adam(0.002) },
  "lenet-5": { ...mnist, epochs: 8, optimizer: adam(0.005) },
  "resnet-8": { ...mnist, epochs: 3, optimizer: adam(0.01) },
  "resnet-20": { ...mnist, epochs: 3, optimizer: adam(0.01) },
  "mobile-net": { ...mnist, epochs: 5, optimizer: adam(0.01) },
  "char-lstm": { ...text, epochs: 10, optimizer: adam(0.002) },
  "tiny-gpt": { ...text, epochs: 10, optimizer: adam(0.002) },
  "tiny-gpt-lora": { ...text, epochs: 5, optimizer: adam(0.002) },
  "text-classifier": { ...messages, optimizer: adam(0.01) },
  "gru-classifier": { ...messages, optimizer: adam(0.005) },
  "sensor-cnn": { data: "sensors", epochs: 10, batchSize: 20, optimizer: adam(0.002) },
  autoencoder: { ...mnist, epochs: 10, optimizer: adam(0.003) },
  vae: { ...mnist, epochs: 10, optimizer: adam(0.002) },
  gcn: { needs: "cora:FILE", epochs: 200, batchSize: 1, optimizer: { ...adam(0.01), weightDecay: 5e-4 } },
  "gcn-karate": { data: "karate", epochs: 100, batchSize: 1, optimizer: adam(0.01) },
  gin: { ...molecules, optimizer: { ...adam(0.005), weightDecay: 1e-4 } },
  "simplicial-net": { ...molecules, forms: { form: "cells" }, optimizer: { ...adam(0.005), weightDecay: 1e-4 } },
  "spiking-mlp": { ...mnist, epochs: 5, optimizer: adam(0.003) },
  "spiking-cnn": { ...mnist, epochs: 3, optimizer: adam(0.005) },
  "matrix-factorisation": {
    ...{ data: "ratings", epochs: 100, batchSize: 50, optimizer: adam(0.05), schedule: "oneCycle" },
    penalties: { l2: 0.0003 },
  },
};

/** The recipe for a training set of so many examples. */
export function planOf(recipe: TrainingRecipe, numExamples: number): LocalPlan {
  const { epochs, batchSize, optimizer, schedule, clip, penalties } = recipe;
  const steps = Math.max(2, epochs * Math.ceil(numExamples / batchSize));
  return {
    ...{ epochs, batchSize, optimizer },
    ...(schedule && { schedule: { kind: schedule, steps } }),
    ...(clip && { clip }),
    ...(penalties && { penalties }),
  };
}
