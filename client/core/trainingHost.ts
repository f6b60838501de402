import { createRng } from "../../shared/base/rng.ts";
import type { Dataset } from "../../shared/data/dataset.ts";
import type { Model } from "../../shared/models/model.ts";
import { modelFromDocument } from "../../shared/models/modelFromDocument.ts";
import { parseModelDocument } from "../../shared/models/parseModelDocument.ts";
import { decodeParams } from "../../shared/params/decodeParams.ts";
import type { LocalPlan } from "../../shared/train/localPlan.ts";
import type { LocalTrainer } from "../../shared/train/localTrainer.ts";
import { findMisfit } from "./checkFit.ts";
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
  let ready: { readonly model: Model; readonly trainer: LocalTrainer } | undefined;
  const cancelled = new Set<number>();

  function prepare(document: unknown, plan: LocalPlan): PreparedModel {
    const model = modelFromDocument(parseModelDocument(document));
    const { name, input } = model.document;
    const { loss, outputShape, outputSize, spec } = model;
    if (data === undefined) throw new TypeError("training expected data before a model");
    const misfit = findMisfit({ name, inputShape: input.shape, targets: loss.targets(1, outputShape) }, data);
    if (misfit !== undefined) throw new RangeError(misfit);
    data = { ...data, inputShape: input.shape };
    const trainer = createTrainer({ model, plan });
    trainer.compile(data.numExamples); // now, while nobody waits for the first step
    ready = { model, trainer };
    return { name, numParams: spec.sharedLength, inputShape: input.shape, outputSize };
  }

  async function train(id: number, params: Uint8Array, seed: string): Promise<void> {
    if (ready === undefined || data === undefined) throw new TypeError("training expected a model and data");
    const { model, trainer } = ready;
    const rng = createRng("local", seed);
    const training = trainer.start({ params: decodeParams(model.spec, params), data, rng });
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
    const update = training.finish();
    post({ type: "trained", id, update }, [update.delta.buffer as ArrayBuffer]);
  }

  return (order) => {
    switch (order.type) {
      case "data":
        data = order.data;
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
        train(order.id, order.params, order.seed).catch((error: unknown) =>
          post({ type: "failed", id: order.id, message: messageOf(error) }, []),
        );
        break;
    }
  };
}
