import type { Dataset } from "../../shared/data/dataset.ts";
import { sharedBytes } from "../http/sharedBytes.ts";
import type { SampleData } from "../runs/hostedRun.ts";

/**
 * Equal parts of a labelled image set for people who only want to try: each part is an IDX images file (u8) and straight
 * after it an IDX labels file. Source: the IDX format as MNIST's own page describes it.
 * @throws TypeError unless inputs and targets are bytes.
 */
export function sampleShards(name: string, data: Dataset, numShards: number): SampleData {
  const { inputs, targets } = data;
  if (!(inputs instanceof Uint8Array) || !(targets instanceof Uint8Array)) {
    throw new TypeError("sample shards expected inputs and labels in bytes");
  }
  const rows = Math.floor(data.numExamples / numShards);
  const rowBytes = inputs.length / data.numExamples;
  const held = sharedBytes();
  const encode = (index: number): Uint8Array => {
    const first = index * rows;
    return concatenate([
      idxHeader([rows, ...imageShape(data)]),
      inputs.subarray(first * rowBytes, (first + rows) * rowBytes),
      idxHeader([rows]),
      targets.subarray(first, first + rows),
    ]);
  };
  return {
    name,
    numShards,
    shard(index) {
      if (!Number.isInteger(index) || index < 0 || index >= numShards) return undefined;
      const found = held.find(String(index));
      if (found !== undefined) return found;
      const bytes = encode(index);
      held.hold(String(index), bytes);
      return bytes;
    },
  };
}

/** Square images keep their two axes, as in MNIST's files; other inputs keep their own shape. */
function imageShape({ inputShape }: Dataset): readonly number[] {
  const [size] = inputShape;
  const side = Math.sqrt(size ?? 0);
  return inputShape.length === 1 && Number.isInteger(side) ? [side, side] : inputShape;
}

/** Magic number (two zero bytes, 0x08 for u8, the number of axes), then each axis as a big-endian u32. */
function idxHeader(shape: readonly number[]): Uint8Array {
  const header = new Uint8Array(4 + 4 * shape.length);
  header.set([0, 0, 0x08, shape.length]);
  const view = new DataView(header.buffer);
  for (const [axis, size] of shape.entries()) view.setUint32(4 + 4 * axis, size);
  return header;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
