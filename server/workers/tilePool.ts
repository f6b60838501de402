import { Worker } from "node:worker_threads";
import { inlineTiles } from "../strategies/robust/inlineTiles.ts";
import { spansOf } from "../strategies/robust/spans.ts";
import {
  addSums,
  numSums,
  numValues,
  type TileCall,
  type TileResult,
  type TileRunner,
} from "../strategies/robust/tileCall.ts";
import type { Row, UpdateRows } from "../strategies/robust/updateRows.ts";
import type { TileAnswer, TileRequest } from "./tileMessage.ts";

export interface TilePoolOptions {
  readonly numWorkers: number;
  /** The built worker; the file beside this one when absent. */
  readonly workerUrl?: URL;
}

/** Runs passes in threads that start with the first call that is worth it; short passes over one span stay inline. */
export interface TilePool extends TileRunner {
  /** Ends the threads. Calls that still run fail. */
  close(): Promise<void>;
}

/** Spans that a worker has at once: the second one waits in it. */
const SPANS_PER_WORKER = 2;
/** Values that a pass may take in and keep the caller's thread: some milliseconds. Pairs of rows take in a row for each pair. */
const MOST_INLINE_VALUES = 2 ** 22;

/**
 * Shares the spans of each pass among worker threads. Calls run one after the other; deltas that do not lie in shared
 * memory are copied there once for all passes over the same rows.
 */
export function createTilePool({ numWorkers, workerUrl }: TilePoolOptions): TilePool {
  const sharedRows = new WeakMap<UpdateRows, readonly Row[]>();
  const workers: Worker[] = [];
  let failure: Error | undefined;
  let onFailure: ((error: Error) => void) | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let lastId = 0;

  function fail(error: Error): void {
    failure ??= error;
    onFailure?.(failure);
  }

  function startWorkers(): void {
    while (workers.length < numWorkers) {
      const worker = new Worker(workerUrl ?? new URL("./tileWorker.js", import.meta.url));
      worker.on("error", (cause: Error) =>
        fail(new Error(`an aggregation thread stopped: ${cause.message}`, { cause })),
      );
      worker.on("exit", (code) => fail(new Error(`an aggregation thread ended with exit code ${code}`)));
      workers.push(worker);
    }
  }

  function rowsOf(updates: UpdateRows): readonly Row[] {
    const known = sharedRows.get(updates);
    if (known) return known;
    const rows = updates.clientIds.map((_, i) => {
      const row = updates.row(i);
      return row instanceof Float32Array ? share(row) : row;
    });
    sharedRows.set(updates, rows);
    return rows;
  }

  function runShared(call: TileCall): Promise<TileResult> {
    const { updates, mix, ...pass } = call;
    const { numParams, hidden } = updates;
    const spans = spansOf(numParams);
    const values = new Float64Array(new SharedArrayBuffer(8 * numValues(call)));
    const sums = new Float64Array(numSums(call));
    const vector = "vector" in pass ? { vector: share(pass.vector) } : {};
    const rows = rowsOf(updates);
    startWorkers();
    const id = ++lastId;
    return new Promise((resolve, reject) => {
      const waiting = new Map<number, Float64Array>();
      let next = 0;
      let numMerged = 0;
      const end = (settle: () => void): void => {
        for (const worker of workers) worker.removeAllListeners("message").unref();
        onFailure = undefined;
        settle();
      };
      const ask = (worker: Worker): void => {
        if (next < spans.length) send(worker, { kind: "span", index: next++ });
      };
      const receive = (worker: Worker, answer: TileAnswer): void => {
        if (answer.id !== id) return;
        if (answer.kind === "failed") {
          end(() => reject(Object.assign(answer.error as object, answer.facts)));
          return;
        }
        waiting.set(answer.index, answer.sums);
        for (let ready = waiting.get(numMerged); ready; ready = waiting.get(numMerged)) {
          addSums(sums, ready);
          waiting.delete(numMerged++);
        }
        if (numMerged === spans.length) end(() => resolve({ sums, values }));
        else ask(worker);
      };
      onFailure = (error) => end(() => reject(error));
      for (const worker of workers) {
        worker.on("message", (answer: TileAnswer) => receive(worker, answer)).ref();
        send(worker, { kind: "call", id, pass: { ...pass, ...vector }, mix, rows, numParams, hidden, values });
      }
      for (let i = 0; i < SPANS_PER_WORKER; i++) for (const worker of workers) ask(worker);
    });
  }

  return {
    run(call) {
      if (isShort(call)) return inlineTiles.run(call);
      const result = last.then(() => {
        if (failure) throw failure;
        return runShared(call);
      });
      last = result.catch(() => {}); // Whoever called sees the error; the next call is none the worse for it.
      return result;
    },
    async close() {
      fail(new Error("the aggregation threads were closed"));
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

function isShort({ kind, updates: { numParams }, mix }: TileCall): boolean {
  const numRows = mix.rows.length;
  const numReads = kind === "squared-distances" ? (numRows * numRows) / 2 : numRows;
  return spansOf(numParams).length === 1 && numReads * numParams <= MOST_INLINE_VALUES;
}

function send(worker: Worker, request: TileRequest): void {
  worker.postMessage(request);
}

function share<T extends Float32Array | Float64Array>(values: T): T {
  if (values.buffer instanceof SharedArrayBuffer) return values;
  const shared = new (values.constructor as new (buffer: SharedArrayBuffer) => T)(
    new SharedArrayBuffer(values.byteLength),
  );
  shared.set(values);
  return shared;
}
