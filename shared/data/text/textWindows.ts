import { assertInteger, assertPositiveInteger } from "../../base/assert.ts";
import type { Dataset } from "../dataset.ts";
import { tokenInputs } from "./tokenInputs.ts";

export interface TextWindowsOptions {
  /** Tokens of one example: the unroll. */
  readonly length: number;
  /** Tokens between the starts of two windows, 1 .. length; `length` when absent, so that each token is a target once. */
  readonly stride?: number;
  /** Number of ids of the vocabulary; decides whether ids are carried as u8 or f32. */
  readonly numTokens: number;
}

/** The label of a position that no loss counts. */
export const IGNORED_LABEL = -1;

/**
 * Next-token prediction: windows over one stream of ids a speaker, never across two.
 * Inputs [windows, length], targets [windows, length]: target t is the id that follows input t. The last window of a
 * stream is padded with id 0 and its spare targets are -1. `groups` is the stream's number. A stream of fewer than two
 * tokens predicts nothing and gives no window.
 * Source: McMahan et al. 2017, section 3 (character LSTM, unroll 80), arXiv:1602.05629.
 * @throws RangeError if stride is not in [1, length] or an id is not below numTokens.
 */
export function textWindows(streams: readonly Int32Array[], options: TextWindowsOptions): Dataset {
  const { length, stride = length, numTokens } = options;
  assertPositiveInteger("length", length);
  assertInteger("stride", stride, 1, length);
  assertInteger("numTokens", numTokens, 1, 2 ** 24);
  const numWindows = streams.map((ids) => countWindows(ids.length - 1, length, stride));
  const numExamples = numWindows.reduce((sum, count) => sum + count, 0);
  const inputs = tokenInputs(numExamples * length, numTokens);
  const targets = new Int32Array(numExamples * length).fill(IGNORED_LABEL);
  const groups = new Uint32Array(numExamples);
  let row = 0;
  for (const [stream, ids] of streams.entries()) {
    const wrong = ids.find((id) => id < 0 || id >= numTokens);
    if (wrong !== undefined) throw new RangeError(`token id expected in [0, ${numTokens - 1}], got ${wrong}`);
    for (let window = 0; window < (numWindows[stream] as number); window++) {
      const start = window * stride;
      const end = Math.min(start + length, ids.length - 1);
      inputs.set(ids.subarray(start, end), row * length);
      targets.set(ids.subarray(start + 1, end + 1), row * length);
      groups[row++] = stream;
    }
  }
  return { numExamples, inputShape: [length], inputs, targets, targetSize: length, groups };
}

/** Windows until one reaches the last of `numPredictions` positions. */
function countWindows(numPredictions: number, length: number, stride: number): number {
  return numPredictions < 1 ? 0 : 1 + Math.ceil(Math.max(0, numPredictions - length) / stride);
}
