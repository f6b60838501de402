import * as ops from "../../../shared/graph/ops.ts";
import { numElements } from "../../../shared/graph/shape.ts";
import type { Shape, Tensor } from "../../../shared/graph/tensor.ts";

/** f32 holds every whole number up to 2^24, so that sums of such values have one result whatever their order. */
const LARGEST_BOUND = 2 ** 20;
const SMALL_BOUND = 8;
const LARGEST_SIZE = 500;

/**
 * Tensors of whole numbers with a bound on their absolute values. Ops whose results would leave the range in which f32 is exact
 * get smaller operands, so that two engines must agree to the last bit.
 */
export class IntegerPool {
  readonly tensors: Tensor[] = [];
  readonly #bounds = new Map<Tensor, number>();

  add(tensor: Tensor, bound: number): void {
    if (numElements(tensor.shape) > LARGEST_SIZE) return;
    const isExact = bound <= LARGEST_BOUND;
    const kept = isExact ? tensor : clamp(tensor, SMALL_BOUND);
    this.#bounds.set(kept, isExact ? bound : SMALL_BOUND);
    this.tensors.push(kept);
  }

  bound(tensor: Tensor): number {
    return this.#bounds.get(tensor)!;
  }

  /** A tensor, counted back from the newest. */
  pick(number: number): Tensor {
    return this.tensors[this.tensors.length - 1 - (number % this.tensors.length)]!;
  }

  /** The values of a tensor between -bound and bound. */
  small(tensor: Tensor, bound = SMALL_BOUND): Tensor {
    return this.bound(tensor) <= bound ? tensor : clamp(tensor, bound);
  }

  /** The first tensor, from `number` back, that the op does not refuse, and what it makes of it. */
  partner(number: number, build: (other: Tensor) => Tensor): { result: Tensor; other: Tensor } | undefined {
    for (let i = 0; i < this.tensors.length; i++) {
      const other = this.pick(number + i);
      const result = attempt(() => build(other));
      if (result) return { result, other };
    }
    return undefined;
  }
}

/** What the op makes of its operands, unless their shapes do not fit. */
export function attempt(build: () => Tensor): Tensor | undefined {
  try {
    return build();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

export function clamp(tensor: Tensor, bound: number): Tensor {
  return ops.maximum(ops.minimum(tensor, ops.constant(bound)), ops.constant(-bound));
}

/** Values of a tensor under another shape: repeated or cut off. */
export function shapedAs(tensor: Tensor, shape: Shape): Tensor {
  const wanted = numElements(shape);
  const own = numElements(tensor.shape);
  const flat = ops.reshape(tensor, [own]);
  const repeated = own < wanted ? ops.concat(new Array<Tensor>(Math.ceil(wanted / own)).fill(flat), 0) : flat;
  return ops.reshape(ops.slice(repeated, 0, 0, wanted), shape);
}

/** The whole number nearest to each value times `scale`; no gradient flows. */
export function rounded(tensor: Tensor, scale = 1): Tensor {
  return ops.floor(ops.add(ops.mul(tensor, ops.constant(scale)), ops.constant(0.5)));
}
