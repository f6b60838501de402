import { type ContentHash, contentHash, isContentHash } from "../../shared/base/hash.ts";
import { nobleSha256 } from "../../shared/base/nobleSha256.ts";
import { modelFromDocument } from "../../shared/models/modelFromDocument.ts";
import { decodeParams } from "../../shared/params/decodeParams.ts";
import { createLocalTrainer } from "../../shared/train/createLocalTrainer.ts";
import { httpParams } from "../core/fetchParams.ts";
import type { RunDescription } from "./describeRun.ts";

/** What the current global model says of one input. */
export interface Prediction {
  /** Raw outputs, [outputSize]: logits for a classifier. */
  readonly outputs: Float32Array;
  /** Softmax of the outputs, [outputSize]; sums to 1. Meaningful for classifiers. */
  readonly probabilities: Float32Array;
  /** The largest output: the predicted class. */
  readonly label: number;
  /** The params that answered. */
  readonly paramsHash: ContentHash;
}

export interface Predictor {
  /**
   * Tries one input, raw as in the data (pixels 0..255 for MNIST). Params are fetched when their hash changes.
   * @throws RangeError unless the input has as many numbers as the model takes; Error if the params cannot be had.
   */
  predict(input: Uint8Array | Float32Array, paramsHash: string): Promise<Prediction>;
}

/** Tries the global model in this page: nothing of the input is sent anywhere. */
export function openPredictor(url: string, { model: document, plan }: RunDescription): Predictor {
  const model = modelFromDocument(document);
  const { shape } = document.input;
  const inputSize = shape.reduce((product, size) => product * size, 1);
  const trainer = createLocalTrainer({ model, plan: plan.local });
  const fetchParams = httpParams(url);
  let loaded: { readonly hash: ContentHash; readonly params: Promise<Float32Array> } | undefined;

  async function load(hash: ContentHash): Promise<Float32Array> {
    const bytes = await fetchParams(hash, new AbortController().signal);
    const got = contentHash(nobleSha256, bytes);
    if (got !== hash) throw new Error(`params expected ${hash}, got ${got}`);
    return decodeParams(model.spec, bytes);
  }

  return {
    async predict(input, paramsHash) {
      if (input.length !== inputSize) {
        throw new RangeError(`"input" expected ${inputSize} numbers, got ${input.length}`);
      }
      if (!isContentHash(paramsHash)) throw new TypeError(`"paramsHash" expected sha256-<64 hex digits>`);
      if (loaded?.hash !== paramsHash) loaded = { hash: paramsHash, params: load(paramsHash) };
      const current = loaded;
      try {
        const params = await current.params;
        const data = { numExamples: 1, inputShape: shape, inputs: input, targets: new Uint8Array(1), targetSize: 1 };
        const outputs = trainer.predict(params, data).slice();
        const probabilities = softmax(outputs);
        return { outputs, probabilities, label: outputs.indexOf(Math.max(...outputs)), paramsHash };
      } catch (error) {
        if (loaded === current) loaded = undefined; // a failed fetch is tried again next time
        throw error;
      }
    },
  };
}

/** For showing only: platform mathematics is exact enough. */
function softmax(outputs: Float32Array): Float32Array {
  const largest = Math.max(...outputs);
  const powers = outputs.map((output) => Math.exp(output - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
