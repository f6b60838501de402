import { numElements, rowMajorStrides } from "../../graph/shape.ts";
import type { Shape } from "../../graph/tensor.ts";

/**
 * Where the elements of an array lie in another layout: `elements[i]` is the row-major position, in our array, of element i
 * of PyTorch's. A change of layout is a few moves of such a map.
 */
export interface ElementMap {
  readonly shape: Shape;
  readonly elements: Uint32Array;
}

/** An array as it is. */
export function asItIs(shape: Shape): ElementMap {
  return { shape, elements: Uint32Array.from({ length: numElements(shape) }, (_, i) => i) };
}

/** Axis i becomes what axis `permutation[i]` was. */
export function permuteAxes({ shape, elements }: ElementMap, permutation: readonly number[]): ElementMap {
  const all = rowMajorStrides(shape);
  const sizes = permutation.map((axis) => shape[axis]!);
  const strides = permutation.map((axis) => all[axis]!);
  const permuted = new Uint32Array(elements.length);
  let count = 0;
  const fill = (axis: number, position: number): void => {
    if (axis === sizes.length) permuted[count++] = elements[position]!;
    else for (let i = 0; i < sizes[axis]!; i++) fill(axis + 1, position + i * strides[axis]!);
  };
  fill(0, 0);
  return { shape: sizes, elements: permuted };
}

/** The same elements under another shape. */
export function reshapeMap({ elements }: ElementMap, shape: Shape): ElementMap {
  return { shape, elements };
}

/** The rows of the first axis in another order: row i becomes what row `rows[i]` was. */
export function takeRows({ shape, elements }: ElementMap, rows: ArrayLike<number>): ElementMap {
  const width = numElements(shape.slice(1));
  const taken = new Uint32Array(rows.length * width);
  Array.from(rows).forEach((row, i) => {
    taken.set(elements.subarray(row * width, (row + 1) * width), i * width);
  });
  return { shape: [rows.length, ...shape.slice(1)], elements: taken };
}
