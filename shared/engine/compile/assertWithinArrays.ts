import { type FusedGraph, type Step, type View, viewsOf } from "./fusedGraph.ts";

/**
 * Holds every view of a program, at every trip of the loops around it, to the elements of its array. A kernel believes its
 * instruction, so a mistake in what comes before would otherwise spoil a neighbour without a word.
 * @throws TypeError naming the kernel.
 */
export function assertWithinArrays({ steps, outputs }: FusedGraph): void {
  const trips = new Map<number, number>();
  const walk = (step: Step): void => {
    if (step.kernel === "loop") {
      trips.set(step.loop, step.trips);
      step.body.forEach(walk);
      trips.delete(step.loop);
      return;
    }
    for (const view of viewsOf(step)) assertWithin(step.kernel, view, trips);
    if (step.kernel === "conv") assertWindowsFit(step, step.x, step.w, step.out);
    if (step.kernel === "convFilterGrad") assertWindowsFit(step, step.x, step.out, step.dy);
  };
  steps.forEach(walk);
  for (const output of outputs) assertWithin("output", output, trips);
}

function assertWithin(
  kernel: string,
  { value, shape, strides, offset, advances }: View,
  trips: ReadonlyMap<number, number>,
) {
  let first = offset;
  let last = offset;
  const reach = (elements: number): void => {
    if (elements < 0) first += elements;
    else last += elements;
  };
  shape.forEach((size, axis) => void reach((size - 1) * strides[axis]!));
  for (const { loop, elements } of advances) reach(((trips.get(loop) ?? 1) - 1) * elements);
  if (!(first >= 0 && last < value.numElements)) {
    throw new TypeError(`${kernel} reaches elements ${first} to ${last} of an array of ${value.numElements}`);
  }
}

/** y = conv2d(x, w): whether the last tap of the last window lies within x, in each direction. */
function assertWindowsFit(step: Step & { kernel: "conv" | "convFilterGrad" }, x: View, w: View, y: View): void {
  for (const i of [0, 1] as const) {
    const last = (y.shape[i + 1]! - 1) * step.strides[i] + (w.shape[i]! - 1) * step.dilations[i];
    if (!(last < x.shape[i + 1]!)) {
      throw new TypeError(`${step.kernel} reaches pixel ${last} of ${x.shape[i + 1]} along axis ${i + 1}`);
    }
  }
}
