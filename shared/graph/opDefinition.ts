import type { Attributes, Shape, Tensor } from "./tensor.ts";

/**
 * An op outside the primitive set. It runs on every backend because `lower` says it in primitives (or in other defined
 * ops); no compiler file knows it.
 */
export interface OpDefinition {
  /** Not the name of a primitive. */
  readonly name: string;
  /** Shape of the result (always f32). @throws RangeError naming the op and the shapes that do not fit. */
  shape(inputs: readonly Tensor[], attributes: Attributes): Shape;
  /** The same value as a composition of ops. */
  lower(inputs: readonly Tensor[], attributes: Attributes): Tensor;
  /**
   * Vector-Jacobian product: the cotangent of each input from that of the result; `undefined` where none flows.
   * When absent, the gradient goes through `lower`.
   */
  vjp?(node: Tensor, dy: Tensor): readonly (Tensor | undefined)[];
  /** The slow, obvious twin over row-major values; when absent, the reference engine runs `lower`. */
  reference?(node: Tensor, inputs: readonly ArrayLike<number>[]): Float32Array;
}
