import { type Step, type Value, type View, viewsOf } from "./fusedGraph.ts";
import { isDense, isTransposed } from "./views.ts";

type Product = Step & { readonly kernel: "matmul" };

/** Weights larger than this leave the second cache between one pass and the next. */
const LARGE_BYTES = 2 ** 20;
/** Of the weights, what one trip reads twice: it stays in the second cache. */
const BLOCK_BYTES = 2 ** 18;

/**
 * A layer with large weights reads them twice going back: dx = dy·wᵀ, then w -= learningRate · xᵀ·dy. Where both are there, they
 * become one loop over blocks of the rows of w: a block makes its columns of dx and is updated while it is near. Every element is
 * computed as before.
 */
export function shareWeightPass(steps: readonly Step[]): readonly Step[] {
  let loop = countLoops(steps);
  let shared = steps;
  for (const step of steps) {
    if (step.kernel !== "matmul" || !isLargeTransposed(step.b) || step.init) continue;
    const merged = mergeUpdate(shared, step, loop);
    if (!merged) continue;
    shared = merged;
    loop++;
  }
  return shared;
}

function isLargeTransposed(view: View): boolean {
  const { value, advances } = view;
  return (
    value.input !== undefined && advances.length === 0 && isTransposed(view) && 4 * value.numElements > LARGE_BYTES
  );
}

/** The steps with the update of the weights that `backward` reads moved to it, or `undefined` where it may not move. */
function mergeUpdate(steps: readonly Step[], backward: Product, loop: number): readonly Step[] | undefined {
  const start = steps.indexOf(backward);
  const weights = backward.b.value;
  const next = steps.findIndex((step, i) => i > start && viewsOf(step).some(({ value }) => value === weights));
  const update = steps[next];
  if (update?.kernel !== "matmul" || !isInPlaceUpdate(update, weights)) return undefined;
  // The scaled dy is made between the two, from what is there before.
  const scaling = steps.findIndex((step, i) => i > start && i < next && writes(step, update.b.value));
  const moved = scaling < 0 ? [] : [steps[scaling]!];
  const isFixed = (view: View): boolean => !steps.slice(start, next).some((step) => writes(step, view.value));
  const needed = [
    ...moved.flatMap((step) => viewsOf(step).slice(0, -1)),
    update.a,
    ...(moved.length === 0 ? [update.b] : []),
  ];
  const blocks = blockRows(backward, update);
  if (!blocks || !needed.every(isFixed)) return undefined;
  const body = [blockOfBackward(backward, blocks, loop), blockOfUpdate(update, blocks, loop)];
  const trips = backward.out.shape[1]! / blocks;
  return steps.flatMap((step, i): readonly Step[] => {
    if (i === start) return [...moved, { kernel: "loop", loop, trips, body }];
    return i === next || i === scaling ? [] : [step];
  });
}

function isInPlaceUpdate({ a, init, out }: Product, weights: Value): boolean {
  const isWhole = init?.value === weights && out.value === weights && isDense(out) && out.shape.length === 2;
  return isWhole && a.value !== weights && isTransposed(a);
}

function writes(step: Step, value: Value): boolean {
  if (step.kernel === "loop") return step.body.some((inner) => writes(inner, value));
  return "out" in step && step.out.value === value;
}

/** Rows of the weights that a trip takes: the largest divisor that fits. */
function blockRows({ out: dx }: Product, { out: { shape } }: Product): number | undefined {
  const [rows, columns] = shape as [number, number];
  if (dx.shape[1] !== rows || !isDense(dx)) return undefined;
  for (let block = Math.floor(BLOCK_BYTES / (4 * columns)); block >= 16; block--) if (rows % block === 0) return block;
  return undefined;
}

/** Columns of dx from rows of w, moving on by a block at each trip. */
function blockOfBackward(step: Product, rows: number, loop: number): Step {
  const columns = step.b.shape[0]!;
  const b = { ...step.b, shape: [columns, rows], advances: [{ loop, elements: rows * columns }] };
  const out = { ...step.out, shape: [step.out.shape[0]!, rows], advances: [{ loop, elements: rows }] };
  return { ...step, b, out };
}

function blockOfUpdate(step: Product, rows: number, loop: number): Step {
  const columns = step.out.shape[1]!;
  const out = { ...step.out, shape: [rows, columns], advances: [{ loop, elements: rows * columns }] };
  const a = { ...step.a, shape: [rows, step.a.shape[1]!], advances: [{ loop, elements: rows }] };
  return { ...step, a, init: out, out };
}

function countLoops(steps: readonly Step[]): number {
  return steps.reduce((count, step) => {
    return step.kernel === "loop" ? Math.max(count, step.loop + 1, countLoops(step.body)) : count;
  }, 0);
}
