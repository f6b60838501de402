import { parentPort, workerData } from "node:worker_threads";
import { createStation } from "./station.ts";
import type { WorkerAnswer, WorkerRequest, WorkerStart } from "./workerMessage.ts";

// The entry point of one worker thread: one trainer, one request after the other.
const { workload } = workerData as WorkerStart;
const station = createStation(workload);

parentPort?.on("message", (request: WorkerRequest) => send(answer(request)));
send({ kind: "ready" });

function send(answer: WorkerAnswer): void {
  parentPort?.postMessage(answer);
}

function answer(request: WorkerRequest): WorkerAnswer {
  try {
    switch (request.kind) {
      case "judge-piece":
        return { kind: "judged", judgement: station.judgePiece(request.params, request.piece) };
      case "judge-client":
        return { kind: "judged", judgement: station.judgeClient(request) };
      case "train": {
        const { delta, ...rest } = station.train(request);
        request.delta.set(delta);
        return { kind: "trained", ...rest };
      }
    }
  } catch (error) {
    return { kind: "failed", message: error instanceof Error ? error.message : String(error) };
  }
}
