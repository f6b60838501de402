import { add } from "../ops/elementwise.ts";
import { concat, pad } from "../ops/shaping.ts";
import type { Tensor } from "../tensor.ts";

/**
 * a + b, where the cotangents of neighbouring slices become one array instead of a sum of arrays padded with zeros: what
 * is split into gates or heads is put together again without arithmetic.
 */
export function addCotangents(a: Tensor, b: Tensor): Tensor {
  return joined(a, b) ?? joined(b, a) ?? add(a, b);
}

/** The sum as one padded array, if both are padded along one axis and the values of b begin where those of a end. */
function joined(a: Tensor, b: Tensor): Tensor | undefined {
  if (!isPadding(a) || !isPadding(b) || a.attributes.axis !== b.attributes.axis) return undefined;
  const axis = a.attributes.axis as number;
  const before = a.attributes.before as number;
  const after = b.attributes.after as number;
  const parts = [...partsOf(a.inputs[0]!, axis), ...partsOf(b.inputs[0]!, axis)];
  const size = parts.reduce((sum, { shape }) => sum + shape[axis]!, 0);
  const isNext = (b.attributes.before as number) === before + a.inputs[0]!.shape[axis]!;
  return isNext && before + size + after === a.shape[axis] ? pad(concat(parts, axis), axis, before, after) : undefined;
}

function isPadding({ op, attributes }: Tensor): boolean {
  return op === "pad" && attributes.interior === 0 && attributes.value === 0;
}

function partsOf(tensor: Tensor, axis: number): readonly Tensor[] {
  return tensor.op === "concat" && tensor.attributes.axis === axis ? tensor.inputs : [tensor];
}
