import { createRng } from "../../shared/base/rng.ts";
import type { Dataset } from "../../shared/data/dataset.ts";
import type { Model } from "../../shared/models/model.ts";
import { modelFromDocument } from "../../shared/models/modelFromDocument.ts";
import { parseModelDocument } from "../../shared/models/parseModelDocument.ts";
import type { Metric } from "../../shared/nn/metrics/metric.ts";
import { decodeParams } from "../../shared/params/decodeParams.ts";
import type { ClientRequest, ClientTrainer } from "../../shared/train/clientHalf.ts";
import type { ClientTrainerOptions } from "../../shared/train/createClientTrainer.ts";
import { splitHeldOut } from "../../shared/train/splitHeldOut.ts";
import { findMisfit } from "./checkFit.ts";
import { decodeKept, encodeKept } from "./keptFile.ts";
import { createLocalParams, type LocalParams } from "./localParams.ts";
import { messageOf } from "./messageOf.ts";
import type { PreparedModel, TrainingPlan } from "./trainerPort.ts";
import type { TrainingNews, TrainingOrder } from "./trainingMessage.ts";

/** How long the worker computes before it looks for a cancellation and reports progress, in milliseconds. */
const CHUNK_MS = 50;

export interface TrainingHostOptions {
  readonly createTrainer: (options: ClientTrainerOptions) => ClientTrainer | Promise<ClientTrainer>;
  /** Sends news to the main thread, handing over the buffers in `transfer`. */
  readonly post: (news: TrainingNews, transfer: readonly ArrayBuffer[]) => void;
}

/** A model ready to train. */
interface Prepared {
  readonly model: Model;
  readonly local: LocalParams;
  readonly trainer: ClientTrainer;
  /** Where the run evaluates on its clients: which rows train, and which judge. */
  readonly rows: Pick<ClientRequest, "rows" | "heldOut">;
}

/**
 * The worker's side of local training, the same in a worker thread and in a Web Worker: hand it each order as it comes.
 * Trains in chunks of about 50 ms, so that a cancellation takes effect soon.
 */
export function createTrainingHost({ createTrainer, post }: TrainingHostOptions): (order: TrainingOrder) => void {
  let data: Dataset | undefined;
  let base: Uint8Array | undefined;
  let ready: Prepared | undefined;
  /** Settles when the last model is ready or has failed: orders that come meanwhile wait. */
  let preparing = Promise.resolve();
  const cancelled = new Set<number>();

  async function prepare(document: unknown, plan: TrainingPlan): Promise<PreparedModel> {
    const model = modelFromDocument(parseModelDocument(document));
    const { name, input } = model.document;
    const { loss, outputShape, outputSize, spec } = model;
    if (data === undefined) throw new TypeError("training expected data before a model");
    const misfit = findMisfit({ name, inputShape: input.shape, targets: loss.targets(1, outputShape) }, data);
    if (misfit !== undefined) throw new RangeError(misfit);
    data = { ...data, inputShape: input.shape };
    const local = createLocalParams(model, base);
    const { local: localPlan, strategy, evaluation, runId } = plan;
    const metrics = await namedMetrics(evaluation?.metrics, model);
    const trainer = await createTrainer({ model, plan: localPlan, strategy, metrics });
    const split = evaluation && splitHeldOut(data.numExamples, evaluation.heldOutFraction, runId);
    trainer.compile(split?.train.length ?? data.numExamples); // now, while nobody waits for the first step
    ready = { model, local, trainer, rows: split ? { rows: split.train, heldOut: split.test } : {} };
    return { name, numParams: spec.sharedLength, inputShape: input.shape, outputSize };
  }

  async function train({ id, seed, ...order }: Extract<TrainingOrder, { type: "train" }>): Promise<void> {
    await preparing;
    if (ready === undefined || data === undefined) throw new TypeError("training expected a model and data");
    const { model, local, trainer, rows } = ready;
    const { spec } = model;
    const params = local.assemble(order.params);
    const handouts = new Map([...order.handouts].map(([name, bytes]) => [name, decodeParams(spec, bytes)]));
    const kept = order.kept ? decodeKept(spec, trainer.keeps, order.kept) : new Map();
    const training = trainer.start({ params, handouts, kept, data, ...rows, rng: createRng("local", seed) });
    let steps = 1;
    for (let stepsDone = 0; stepsDone < training.stepsTotal; ) {
      const startedAt = performance.now();
      const progress = training.run(steps);
      const tookMs = performance.now() - startedAt;
      stepsDone = progress.stepsDone;
      post({ type: "progress", id, progress }, []);
      steps = Math.max(1, Math.min(2 * steps, Math.floor((steps * CHUNK_MS) / Math.max(tookMs, 0.01))));
      await new Promise((resolve) => setTimeout(resolve, 0)); // lets a cancellation in
      if (cancelled.delete(id)) return;
    }
    const { kept: keeps, ...update } = training.finish();
    const file = encodeKept(spec, keeps);
    const sent = [update.delta, ...update.parts.values(), ...(file ? [file] : [])];
    const transfer = sent.map(({ buffer }) => buffer as ArrayBuffer);
    post({ type: "trained", id, update: { ...update, ...(file && { kept: file }) } }, transfer);
  }

  return (order) => {
    switch (order.type) {
      case "data":
        ({ data, base } = order);
        break;
      case "cancel":
        cancelled.add(order.id);
        break;
      case "prepare":
        preparing = preparing
          .then(() => prepare(order.model, order.plan))
          .then(
            (model) => post({ type: "prepared", id: order.id, model }, []),
            (error: unknown) => post({ type: "failed", id: order.id, message: messageOf(error) }, []),
          );
        break;
      case "train":
        train(order).catch((error: unknown) => post({ type: "failed", id: order.id, message: messageOf(error) }, []));
        break;
    }
  };
}

/** Loads the metrics only where a run asks for any: they would double what every browser downloads. */
async function namedMetrics(names: readonly string[] = [], model: Model): Promise<Metric[]> {
  if (names.length === 0) return [];
  const { standardMetric } = await import("../../shared/train/standardMetric.ts");
  return names.map((name) => standardMetric(name, model));
}
