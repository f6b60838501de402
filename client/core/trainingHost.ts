import { createRng } from "../../shared/base/rng.ts";
import type { Dataset } from "../../shared/data/dataset.ts";
import type { Model } from "../../shared/models/model.ts";
import { modelFromDocument } from "../../shared/models/modelFromDocument.ts";
import { parseModelDocument } from "../../shared/models/parseModelDocument.ts";
import type { LocalPlan } from "../../shared/train/localPlan.ts";
import type { LocalTrainer } from "../../shared/train/localTrainer.ts";
import { findMisfit } from "./checkFit.ts";
import { createLocalParams, type LocalParams } from "./localParams.ts";
import { messageOf } from "./messageOf.ts";
import type { PreparedModel } from "./trainerPort.ts";
import type { TrainingNews, TrainingOrder } from "./trainingMessage.ts";

/** How long the worker computes before it looks for a cancellation and reports progress, in milliseconds. */
const CHUNK_MS = 50;

export interface TrainingHostOptions {
  readonly createTrainer: (options: { readonly model: Model; readonly plan: LocalPlan }) => LocalTrainer;
  /** Sends news to the main thread, handing over the buffers in `transfer`. */
  readonly post: (news: TrainingNews, transfer: readonly ArrayBuffer[]) => void;
}

/**
 * The worker's side of local training, the same in a worker thread and in a Web Worker: hand it each order as it comes.
 * Trains in chunks of about 50 ms, so that a cancellation takes effect soon.
 */
export function createTrainingHost({ createTrainer, post }: TrainingHostOptions): (order: TrainingOrder) => void {
  let data: Dataset | undefined;
  let base: Uint8Array | undefined;
  let ready: { readonly local: LocalParams; readonly trainer: LocalTrainer } | undefined;
  const cancelled = new Set<number>();

  function prepare(document: unknown, plan: LocalPlan): PreparedModel {
    const model = modelFromDocument(parseModelDocument(document));
    const { name, input } = model.document;
    const { loss, outputShape, outputSize, spec } = model;
    if (data === undefined) throw new TypeError("training expected data before a model");
    const misfit = findMisfit({ name, inputShape: input.shape, targets: loss.targets(1, outputShape) }, data);
    if (misfit !== undefined) throw new RangeError(misfit);
    data = { ...data, inputShape: input.shape };
    const local = createLocalParams(model, base);
    const trainer = createTrainer({ model, plan });
    trainer.compile(data.numExamples); // now, while nobody waits for the first step
    ready = { local, trainer };
    return { name, numParams: spec.sharedLength, inputShape: input.shape, outputSize };
  }

  async function train({ id, params, personal, seed }: Extract<TrainingOrder, { type: "train" }>): Promise<void> {
    if (ready === undefined || data === undefined) throw new TypeError("training expected a model and data");
    const { local, trainer } = ready;
    const rng = createRng("local", seed);
    const training = trainer.start({ params: local.assemble(params, personal), data, rng });
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
    const { privateParams, ...update } = training.finish();
    const kept = local.encodePersonal(privateParams);
    const transfer = [update.delta.buffer, ...(kept ? [kept.buffer] : [])] as ArrayBuffer[];
    post({ type: "trained", id, update: { ...update, ...(kept && { personal: kept }) } }, transfer);
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
        try {
          post({ type: "prepared", id: order.id, model: prepare(order.model, order.plan) }, []);
        } catch (error) {
          post({ type: "failed", id: order.id, message: messageOf(error) }, []);
        }
        break;
      case "train":
        train(order).catch((error: unknown) => post({ type: "failed", id: order.id, message: messageOf(error) }, []));
        break;
    }
  };
}
