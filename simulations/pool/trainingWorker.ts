import { parentPort, workerData } from "node:worker_threads";
import type { Dataset } from "../../shared/data/dataset.ts";
import { modelFromDocument } from "../../shared/models/modelFromDocument.ts";
import { createLocalTrainer } from "../../shared/train/createLocalTrainer.ts";
import type { WorkerAnswer, WorkerRequest, WorkerStart } from "./workerMessage.ts";
import { evaluatePiece, trainClient } from "./workload.ts";

// The entry point of one worker thread: one trainer, one request after the other.
const { workload, params } = workerData as WorkerStart;
const trainer = createLocalTrainer({ model: modelFromDocument(workload.model), plan: workload.plan });

parentPort?.on("message", (request: WorkerRequest) => send(answer(request)));
send({ kind: "ready" });

function send(answer: WorkerAnswer): void {
  parentPort?.postMessage(answer);
}

function answer(request: WorkerRequest): WorkerAnswer {
  try {
    if (request.kind === "evaluate") {
      return { kind: "evaluated", piece: evaluatePiece(trainer, workload.test as Dataset, params, request.piece) };
    }
    const { delta, numExamples, numSteps, trainLoss } = trainClient(trainer, workload, params, request);
    request.delta.set(delta);
    return { kind: "trained", numExamples, numSteps, trainLoss };
  } catch (error) {
    return { kind: "failed", message: error instanceof Error ? error.message : String(error) };
  }
}
