import { type ContentHash, contentHash, isContentHash } from "../../shared/base/hash.ts";
import { nobleSha256 } from "../../shared/base/nobleSha256.ts";
import { numElements } from "../../shared/graph/shape.ts";
import { modelFromDocument } from "../../shared/models/modelFromDocument.ts";
import { decodeParams } from "../../shared/params/decodeParams.ts";
import { createPredictor, type Prediction as ModelPrediction } from "../../shared/train/createPredictor.ts";
import { httpParams } from "../core/fetchParams.ts";
import type { RunDescription } from "./describeRun.ts";

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
}

/** Tries the global model in this page: nothing of the input is sent anywhere. */
export function openPredictor(url: string, { model: document }: RunDescription): Predictor {
  const model = modelFromDocument(document);
  const inputSize = numElements(model.document.input.shape);
  const params = new Float32Array(model.spec.length);
  const predictor = createPredictor({ model, params });
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
      if (input.length !== inputSize)
        throw new RangeError(`"input" expected ${inputSize} numbers, got ${input.length}`);
      if (!isContentHash(paramsHash)) throw new TypeError(`"paramsHash" expected sha256-<64 hex digits>`);
      if (loaded?.hash !== paramsHash) loaded = { hash: paramsHash, params: load(paramsHash) };
      const current = loaded;
      try {
        params.set(await current.params);
      } catch (error) {
        if (loaded === current) loaded = undefined; // a failed fetch is tried again next time
        throw error;
      }
      const [prediction] = predictor.predict(input);
      return { ...(prediction as ModelPrediction), paramsHash };
    },
  };
}
