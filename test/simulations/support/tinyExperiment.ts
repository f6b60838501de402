import { createRng } from "../../../shared/base/rng.ts";
import type { Dataset } from "../../../shared/data/dataset.ts";
import { defineModel } from "../../../shared/models/defineModel.ts";
import type { Model } from "../../../shared/models/model.ts";
import { linear } from "../../../shared/nn/layers/linear.ts";
import { batchNorm } from "../../../shared/nn/layers/normalisation/batchNorm.ts";
import { relu } from "../../../shared/nn/layers/relu.ts";
import { type Experiment, parseExperiment } from "../../../simulations/experiment/experiment.ts";
import { type RoundLine, type SummaryLine, TIMING_FIELDS } from "../../../simulations/roundLine.ts";
import { createSimulation, type SimulationOptions } from "../../../simulations/simulation.ts";
import { distUrl } from "../../support/dist.ts";

const CLASSES = 3;
const INPUTS = 8;

/** Three noisy clusters of u8 vectors: class c is bright at the inputs i with i mod 3 = c. */
export function clusters(numExamples: number, seed: number): Dataset {
  const rng = createRng(seed, "clusters");
  const targets = Uint8Array.from({ length: numExamples }, (_, row) => row % CLASSES);
  const inputs = Uint8Array.from({ length: numExamples * INPUTS }, (_, at) => {
    const isBright = (at % INPUTS) % CLASSES === targets[Math.floor(at / INPUTS)];
    return rng.nextBelow(120) + (isBright ? 100 : 0);
  });
  return { numExamples, inputShape: [INPUTS], inputs, targets, targetSize: 1 };
}

export function tinyModel(): Model {
  return defineModel({
    name: "tiny",
    input: { shape: [INPUTS], scale: 1 / 255 },
    layers: [linear(INPUTS, 6), relu(), linear(6, CLASSES)],
    loss: "softmaxCrossEntropy",
  });
}

/** FedBN: 75 shared params; scale, shift, mean and variance of 6 channels stay with each client. */
export function tinyFedBn(): Model {
  return defineModel({
    name: "tiny FedBN",
    input: { shape: [INPUTS], scale: 1 / 255 },
    layers: [linear(INPUTS, 6), batchNorm(6, { statistics: "private", affine: "private" }), relu(), linear(6, CLASSES)],
    loss: "softmaxCrossEntropy",
  });
}

/** Mean and variance of 6 channels stay with each client, and all that is trained is shared. */
export function tinyPrivateStatistics(): Model {
  return defineModel({
    name: "tiny private statistics",
    input: { shape: [INPUTS], scale: 1 / 255 },
    layers: [linear(INPUTS, 6), batchNorm(6, { statistics: "private" }), relu(), linear(6, CLASSES)],
    loss: "softmaxCrossEntropy",
  });
}

export const TINY_EXPERIMENT = {
  name: "tiny",
  seed: 3,
  data: { source: "mnist" }, // not read: the tests pass their own
  partition: { kind: "iid", clients: 12 },
  model: "2nn",
  cohort: { size: 5 },
  local: { epochs: 2, batchSize: 4, optimizer: { kind: "sgd", learningRate: 0.3 } },
  rounds: 6,
} as const;

export interface TinyRun {
  readonly lines: readonly RoundLine[];
  readonly summary: SummaryLine;
  readonly params: Float32Array;
}

/** Runs the experiment with some members replaced. 133 examples over 12 clients: 11 or 12 each, so batches run short. */
export async function runTiny(
  changes: Readonly<Record<string, unknown>> = {},
  options: Partial<SimulationOptions> & { readonly signal?: AbortSignal; readonly onRound?: () => void } = {},
): Promise<TinyRun> {
  const { signal, onRound, ...rest } = options;
  const experiment: Experiment = parseExperiment({ ...TINY_EXPERIMENT, ...changes });
  const simulation = createSimulation({
    experiment,
    model: tinyModel(),
    train: clusters(133, 1),
    test: clusters(2100, 2), // three pieces of an evaluation, the last one short
    workerUrl: distUrl("simulations/pool/trainingWorker.js"),
    ...rest,
  });
  try {
    const lines: RoundLine[] = [];
    const summary = await simulation.run({
      onRound(line) {
        lines.push(line);
        onRound?.();
      },
      ...(signal ? { signal } : {}),
    });
    return { lines, summary, params: simulation.params() };
  } finally {
    await simulation.close();
  }
}

/** A line without the fields that depend on the machine and on the drawn devices. */
function untimed(line: RoundLine | SummaryLine): object {
  return Object.fromEntries(Object.entries(line).filter(([name]) => !TIMING_FIELDS.some((timing) => timing === name)));
}

/** Everything that must be the same for every machine, number of workers and order of arrival. */
export function bytesOf({ lines, summary, params }: TinyRun): object {
  return { lines: lines.map(untimed), summary: untimed(summary), params: [...new Uint32Array(params.slice().buffer)] };
}
