import { numElements, rowMajorStrides } from "../../graph/shape.ts";
import type { Shape } from "../../graph/tensor.ts";
import type { Value, View } from "./fusedGraph.ts";

/** The whole value, row-major. */
export function denseView(value: Value, shape: Shape): View {
  return { value, shape, offset: 0, strides: rowMajorStrides(shape), advances: [] };
}

/** Whether the elements lie one after the other in row-major order. */
export function isDense({ shape, strides }: View): boolean {
  const expected = rowMajorStrides(shape);
  return shape.every((size, axis) => size === 1 || strides[axis] === expected[axis]);
}

/** Whether it is a dense matrix read along its columns. */
export function isTransposed({ shape, strides }: View): boolean {
  return shape.length === 2 && strides[0] === 1 && strides[1] === shape[0];
}

/** What tells the elements of one view from those of another. */
export function viewKey({ value, shape, offset, strides, advances }: View): string {
  return JSON.stringify([value.id, shape, offset, strides, advances]);
}

/** A dense view under another shape of as many elements. */
export function reshapeView(view: View, shape: Shape): View {
  return { ...view, shape, strides: rowMajorStrides(shape) };
}

/** Repeats along new leading axes and axes of size 1, as NumPy does. */
export function broadcastView(view: View, shape: Shape): View {
  const added = shape.length - view.shape.length;
  const strides = shape.map((size, axis) => {
    const source = axis - added;
    return source < 0 || (view.shape[source] === 1 && size !== 1) ? 0 : view.strides[source]!;
  });
  return { ...view, shape, strides };
}

export function permuteView(view: View, permutation: readonly number[]): View {
  return {
    ...view,
    shape: permutation.map((axis) => view.shape[axis]!),
    strides: permutation.map((axis) => view.strides[axis]!),
  };
}

/** Elements start, start + stride, ... along one axis: `size` of them. */
export function sliceView(view: View, axis: number, start: number, size: number, stride = 1): View {
  return {
    ...view,
    shape: view.shape.map((old, i) => (i === axis ? size : old)),
    strides: view.strides.map((old, i) => (i === axis ? old * stride : old)),
    offset: view.offset + start * view.strides[axis]!,
  };
}

/** The elements in the opposite order along the axes. */
export function reverseView(view: View, axes: readonly number[]): View {
  return {
    ...view,
    strides: view.strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride)),
    offset: axes.reduce((offset, axis) => offset + (view.shape[axis]! - 1) * view.strides[axis]!, view.offset),
  };
}

/** Item 0 of a stacked array, or its last, moving by one item at each trip of the loop. */
export function itemView(view: View, loop: number, reverse: boolean): View {
  const [length, ...shape] = view.shape as [number, ...number[]];
  const [stride, ...strides] = view.strides as [number, ...number[]];
  return {
    value: view.value,
    shape,
    strides,
    offset: view.offset + (reverse ? (length - 1) * stride : 0),
    advances: [...view.advances, { loop, elements: reverse ? -stride : stride }],
  };
}

/**
 * The fewest loops that walk views of one shape together: axes of size 1 dropped, neighbours merged where every view
 * steps evenly over both. At least one axis remains.
 */
export function collapse(views: readonly View[]): { dims: number[]; strides: number[][] } {
  const shape = views[0]!.shape;
  const dims: number[] = [];
  const strides: number[][] = views.map(() => []);
  for (let axis = 0; axis < shape.length; axis++) {
    const size = shape[axis]!;
    if (size === 1) continue;
    const last = dims.length - 1;
    const merges = last >= 0 && views.every((view, i) => strides[i]![last] === view.strides[axis]! * size);
    if (merges) dims[last] = dims[last]! * size;
    else dims.push(size);
    views.forEach((view, i) => {
      if (merges) strides[i]![last] = view.strides[axis]!;
      else strides[i]!.push(view.strides[axis]!);
    });
  }
  if (dims.length === 0) {
    dims.push(1);
    for (const own of strides) own.push(1);
  }
  return { dims, strides };
}

/** Elements of a view. */
export function viewSize(view: View): number {
  return numElements(view.shape);
}
