import type { Handed } from "./handed.ts";

/** Copies of handed out vectors in shared memory, one a vector however many clients were handed it. */
export interface SharedVectors {
  share(vector: Float32Array): Float32Array;
  shareHanded(handed: Handed): Handed;
}

/**
 * A copy lives as long as somebody holds the vector itself: the state of the coordinator, or a job on its way. Its memory is
 * then collected, workers let go of theirs with the last message that named it.
 */
export function createSharedVectors(): SharedVectors {
  const copies = new WeakMap<Float32Array, Float32Array>();

  function share(vector: Float32Array): Float32Array {
    if (vector.buffer instanceof SharedArrayBuffer) return vector;
    let copy = copies.get(vector);
    if (copy === undefined) {
      copy = new Float32Array(new SharedArrayBuffer(vector.byteLength));
      copy.set(vector);
      copies.set(vector, copy);
    }
    return copy;
  }

  return {
    share,
    shareHanded: ({ params, handouts }) => ({
      params: share(params),
      handouts: new Map([...handouts].map(([name, vector]) => [name, share(vector)])),
    }),
  };
}
