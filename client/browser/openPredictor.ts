import { type ContentHash, contentHash, isContentHash } from "../../shared/base/hash.ts";
import { nobleSha256 } from "../../shared/base/nobleSha256.ts";
import { numElements } from "../../shared/graph/shape.ts";
import type { Prediction as ModelPrediction } from "../../shared/train/createPredictor.ts";
import { httpParams } from "../core/fetchParams.ts";
import { createModelWorker, type StartModelWorker } from "../core/modelWorker.ts";
import type { RunDescription } from "./describeRun.ts";
import { startWorker } from "./startWorker.ts";

/** What the current global model says of one input. */
export interface Prediction extends ModelPrediction {
  /** The params that answered. */
  readonly paramsHash: ContentHash;
}

export interface Predictor {
  /**
   * Tries one input, raw as in the data (pixels 0..255 for MNIST). Params are fetched when their hash changes.
   * @throws RangeError unless the input has as many numbers as the model takes; Error if the params cannot be had.
   */
  predict(input: Uint8Array | Float32Array, paramsHash: string): Promise<Prediction>;
  /** Ends the worker that predicts; the next prediction would start another. */
  close(): void;
}

/** Tries the global model in a worker of this page: nothing of the input is sent anywhere. Close it when it is no longer needed. */
export function openPredictor(
  url: string,
  { model }: RunDescription,
  start: StartModelWorker = startWorker,
): Predictor {
  const inputSize = numElements(model.input.shape);
  const worker = createModelWorker(start);
  const fetchParams = httpParams(url);
  let loaded: { readonly hash: ContentHash; readonly params: Promise<Uint8Array> } | undefined;
  /** What the worker holds, if it lives. */
  let sent: { readonly hash: ContentHash } | undefined;

  async function load(hash: ContentHash): Promise<Uint8Array> {
    const bytes = await fetchParams(hash, new AbortController().signal);
    const got = contentHash(nobleSha256, bytes);
    if (got !== hash) throw new Error(`params expected ${hash}, got ${got}`);
    return bytes;
  }

  return {
    async predict(input, paramsHash) {
      if (input.length !== inputSize)
        throw new RangeError(`"input" expected ${inputSize} numbers, got ${input.length}`);
      if (!isContentHash(paramsHash)) throw new TypeError(`"paramsHash" expected sha256-<64 hex digits>`);
      if (loaded?.hash !== paramsHash) loaded = { hash: paramsHash, params: load(paramsHash) };
      const current = loaded;
      try {
        const params = await current.params;
        // Told in one breath with the question: another prediction cannot come between params and input.
        const news = { ...(sent === undefined && { model }), ...(sent?.hash !== paramsHash && { params }) };
        sent = { hash: paramsHash };
        return { ...(await worker.predict({ input, ...news })), paramsHash };
      } catch (error) {
        // What failed, a fetch or the worker, is tried again from the beginning next time.
        if (loaded === current) loaded = undefined;
        sent = undefined;
        throw error;
      }
    },
    close() {
      sent = undefined;
      worker.close();
    },
  };
}
