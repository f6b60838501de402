import type { Tensor } from "../tensor.ts";

/**
 * Vector-Jacobian product of one node: from dy, the cotangent of its result, the cotangent of each input;
 * `undefined` where none flows (labels, conditions).
 */
export type Vjp = (node: Tensor, dy: Tensor) => readonly (Tensor | undefined)[];

/** A tensor and the cotangent that starts there. */
export type Seed = readonly [Tensor, Tensor];
