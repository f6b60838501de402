import type { Shape } from "../graph/tensor.ts";

/**
 * Examples in memory, row-major. Raw inputs are kept as they came (u8 pixels stay u8): the model's preprocessing
 * (x = raw * scale + offset) is applied when a batch is gathered. The arrays may be views of shared memory; nobody
 * writes to them after the dataset is made.
 */
export interface Dataset {
  readonly numExamples: number;
  /** Shape of one example, for instance [784]. */
  readonly inputShape: Shape;
  /** [numExamples, ...inputShape] */
  readonly inputs: Uint8Array | Float32Array;
  /** Class labels [numExamples] (Uint8Array or Int32Array), or regression targets [numExamples, targetSize]. */
  readonly targets: Uint8Array | Int32Array | Float32Array;
  /** Elements of one target: 1 for class labels. */
  readonly targetSize: number;
  /** Whose an example is by nature (speaker, subject, user): a group number each, [numExamples]. */
  readonly groups?: Uint32Array;
}
