import { modelFromDocument } from "../../shared/models/modelFromDocument.ts";
import { createLocalTrainer } from "../../shared/train/createLocalTrainer.ts";
import type { TrainingPool, TrainJob } from "./trainingPool.ts";
import { evaluatePiece, numPieces, sumPieces, trainClient, type Workload } from "./workload.ts";

/** Trains in the calling thread, each job at the moment its result is taken: one worker without the hop to a thread. */
export function createInlinePool(workload: Workload): TrainingPool {
  const trainer = createLocalTrainer({ model: modelFromDocument(workload.model), plan: workload.plan });
  const jobs = new Map<string, TrainJob>();
  let params: Float32Array = new Float32Array();

  return {
    async ready() {},
    async publish(next) {
      jobs.clear();
      params = next;
    },
    submit(job) {
      jobs.set(job.ticket, job);
    },
    cancel(ticket) {
      jobs.delete(ticket);
    },
    take(ticket) {
      const job = jobs.get(ticket);
      if (job === undefined) throw new TypeError(`"ticket" expected a submitted job, got ${ticket}`);
      jobs.delete(ticket);
      return trainClient(trainer, workload, params, job);
    },
    release() {},
    async evaluate() {
      const { test } = workload;
      if (test === undefined) throw new TypeError("evaluation expected a test set, the data has none");
      const pieces = Array.from({ length: numPieces(test) }, (_, piece) => evaluatePiece(trainer, test, params, piece));
      return sumPieces(pieces, test.numExamples);
    },
    async close() {},
  };
}
