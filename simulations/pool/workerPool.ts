import { Worker } from "node:worker_threads";
import type { Dataset } from "../../shared/data/dataset.ts";
import type { Metric } from "../../shared/nn/metrics/metric.ts";
import type { ClientUpdate } from "../../shared/train/clientHalf.ts";
import { testRowsOf } from "../population.ts";
import { gatherClients, type Judgement, sumPieces } from "./judgement.ts";
import { createKeptVectors } from "./keptVectors.ts";
import { createSharedVectors } from "./sharedVectors.ts";
import { numPieces } from "./station.ts";
import type { TrainingPool, TrainJob } from "./trainingPool.ts";
import type { WorkerAnswer, WorkerRequest, WorkerStart } from "./workerMessage.ts";
import type { Workload } from "./workload.ts";

export interface WorkerPoolOptions {
  readonly workload: Workload;
  readonly numWorkers: number;
  /** Elements of a delta: the shared ones. */
  readonly deltaLength: number;
  /** Those that the workload names. */
  readonly metrics: readonly Metric[];
  /** The built worker; the file beside this one when absent. */
  readonly workerUrl?: URL;
}

/** Requests a worker may have at once: the second one waits in it, so that it never waits for the main thread. */
const REQUESTS_PER_WORKER = 2;

interface Seat {
  readonly worker: Worker;
  /** Who waits for the answers to come, oldest first; at the beginning, for the thread's start. */
  readonly waiting: ((answer: WorkerAnswer) => void)[];
}

interface Task {
  readonly job: TrainJob;
  readonly result: Promise<ClientUpdate>;
  readonly resolve: (update: ClientUpdate) => void;
  readonly reject: (error: unknown) => void;
  delta?: Float32Array;
  state: "queued" | "running" | "done";
  isWanted: boolean;
  /** Somebody holds the result: only `release` gives its buffer back. */
  isTaken: boolean;
}

/**
 * Trains in worker threads. Data and handed out vectors lie in shared memory and are copied only into a worker's own WebAssembly
 * memory; deltas come back through shared buffers that are used again and again: as many as there are results on their
 * way, whatever the size of the cohort.
 */
export function createWorkerPool(options: WorkerPoolOptions): TrainingPool {
  const { numWorkers, deltaLength, metrics } = options;
  const workload = withSharedMemory(options.workload);
  const vectors = createSharedVectors();
  const kept = createKeptVectors(workload.strategy);
  const tasks = new Map<string, Task>();
  const spareDeltas: Float32Array[] = [];
  const queue: Task[] = [];
  let isSorted = true;
  let failure: Error | undefined;
  let isClosed = false;

  const seats = Array.from({ length: numWorkers }, (): Seat => {
    const start: WorkerStart = { workload };
    const worker = new Worker(options.workerUrl ?? new URL("./trainingWorker.js", import.meta.url), {
      workerData: start,
    });
    const seat: Seat = { worker, waiting: [() => {}] };
    worker.on("message", (answer: WorkerAnswer) => {
      seat.waiting.shift()?.(answer);
      dispatch();
    });
    worker.on("error", (error: Error) =>
      fail(new Error(`a training thread stopped: ${error.message}`, { cause: error })),
    );
    worker.on("exit", (code) => fail(new Error(`a training thread ended with exit code ${code}`)));
    return seat;
  });

  /** A worker that dies takes its work with it: everything that waits is told, then and later. */
  function fail(error: Error): void {
    if (isClosed) return;
    failure ??= error;
    for (const task of tasks.values()) task.reject(failure);
    for (const seat of seats) {
      for (const answered of seat.waiting.splice(0)) answered({ kind: "failed", message: failure.message });
    }
  }

  function ask(seat: Seat, request: WorkerRequest): Promise<WorkerAnswer> {
    return new Promise((resolve) => {
      seat.waiting.push(resolve);
      seat.worker.postMessage(request);
    });
  }

  function freest(): Seat | undefined {
    let best: Seat | undefined;
    for (const seat of seats) {
      if (seat.waiting.length < (best?.waiting.length ?? REQUESTS_PER_WORKER)) best = seat;
    }
    return best;
  }

  function dispatch(): void {
    if (queue.length === 0) return;
    if (!isSorted) queue.sort((a, b) => a.job.dueMs - b.job.dueMs || a.job.client - b.job.client);
    isSorted = true;
    for (let seat = freest(); seat !== undefined; seat = freest()) {
      const task = queue.shift();
      if (task === undefined) return;
      if (task.isWanted) run(task, seat);
    }
  }

  function run(task: Task, seat: Seat): void {
    const delta = spareDeltas.pop() ?? new Float32Array(new SharedArrayBuffer(4 * deltaLength));
    task.state = "running";
    task.delta = delta;
    const { ticket, client, round, epochs } = task.job;
    const handed = vectors.shareHanded(task.job.handed);
    void ask(seat, { kind: "train", client, round, epochs, delta, ...handed, kept: kept.of(client) }).then((answer) => {
      task.state = "done";
      if (!task.isWanted) {
        spareDeltas.push(delta);
      } else if (answer.kind === "trained") {
        const { kind: _, ...update } = answer;
        kept.hold(ticket, client, update.kept);
        task.resolve({ delta, ...update });
      } else {
        task.reject(new RangeError(answer.kind === "failed" ? answer.message : `unexpected answer ${answer.kind}`));
      }
    });
  }

  function forget(ticket: string): void {
    const task = tasks.get(ticket);
    if (task === undefined) return;
    tasks.delete(ticket);
    task.isWanted = false;
    kept.drop(ticket);
    if (task.state === "done" && task.delta) spareDeltas.push(task.delta);
  }

  /** Asks for judgements, dealt out to the workers in turn; they come back in the order of the requests. */
  function judge(requests: readonly WorkerRequest[]): Promise<Judgement[]> {
    if (failure) throw failure;
    return Promise.all(
      requests.map(async (request, i) => {
        const answer = await ask(seats[i % numWorkers] as Seat, request);
        if (answer.kind === "judged") return answer.judgement;
        throw new RangeError(answer.kind === "failed" ? answer.message : `unexpected answer ${answer.kind}`);
      }),
    );
  }

  return {
    async ready() {
      await Promise.all(seats.map(whenIdle));
      if (failure) throw failure;
    },
    submit(job) {
      if (failure) throw failure;
      let resolve: Task["resolve"] = () => {};
      let reject: Task["reject"] = () => {};
      const result = new Promise<ClientUpdate>((yes, no) => {
        resolve = yes;
        reject = no;
      });
      result.catch(() => {}); // Whoever takes the result sees the error; one that nobody takes is no crash.
      const task: Task = { job, result, resolve, reject, state: "queued", isWanted: true, isTaken: false };
      tasks.set(job.ticket, task);
      queue.push(task);
      isSorted = false;
    },
    cancel(ticket) {
      if (tasks.get(ticket)?.isTaken === false) forget(ticket);
    },
    take(ticket) {
      const task = tasks.get(ticket);
      if (task === undefined) throw new TypeError(`"ticket" expected a submitted job, got ${ticket}`);
      task.isTaken = true;
      // Only now: every earlier event of virtual time has happened, so all jobs that are needed sooner are queued.
      dispatch();
      return task.result;
    },
    keep: kept.keep,
    settle: kept.settle,
    release: forget,
    async evaluate(next) {
      const { test } = workload;
      const params = vectors.share(next);
      if (test === undefined) throw new TypeError("evaluation expected a test set, the data has none");
      const pieces = Array.from(
        { length: numPieces(test) },
        (_, piece) => ({ kind: "judge-piece", params, piece }) as const,
      );
      return sumPieces(metrics, await judge(pieces));
    },
    async evaluateClients(clients) {
      const judging = clients.filter(({ client }) => testRowsOf(workload, client).length > 0);
      const requests = judging.map(
        ({ client, handed }) =>
          ({ kind: "judge-client", client, ...vectors.shareHanded(handed), kept: kept.of(client) }) as const,
      );
      return gatherClients(metrics, await judge(requests));
    },
    async close() {
      isClosed = true;
      await Promise.all(seats.map(({ worker }) => worker.terminate()));
    },
  };
}

/** Resolves once the worker has answered everything it was asked so far. */
async function whenIdle(seat: Seat): Promise<void> {
  const last = seat.waiting.length - 1;
  if (last < 0) return;
  await new Promise<void>((resolve) => {
    const answered = seat.waiting[last];
    seat.waiting[last] = (answer) => {
      answered?.(answer);
      resolve();
    };
  });
}

/** The same workload with every array in shared memory, so that starting a worker copies none. */
function withSharedMemory(workload: Workload): Workload {
  const dataset = (data: Dataset): Dataset => ({ ...data, inputs: share(data.inputs), targets: share(data.targets) });
  const { train, test, rows, rowStarts, testStarts, privateParams, ...rest } = workload;
  const population = { rows: share(rows), rowStarts: share(rowStarts), testStarts: share(testStarts) };
  const shared = { ...rest, ...population, train: dataset(train), privateParams: share(privateParams) };
  return test ? { ...shared, test: dataset(test) } : shared;
}

function share<T extends Uint8Array | Int32Array | Uint32Array | Float32Array>(values: T): T {
  if (values.buffer instanceof SharedArrayBuffer) return values;
  const buffer = new SharedArrayBuffer(values.byteLength);
  const shared = new (values.constructor as new (buffer: SharedArrayBuffer) => T)(buffer);
  shared.set(values);
  return shared;
}
