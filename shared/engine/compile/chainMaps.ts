import { numElements, sameShape } from "../../graph/shape.ts";
import type { Shape } from "../../graph/tensor.ts";
import { type Link, readsOf, type Step, type Value, type View, viewsOf } from "./fusedGraph.ts";
import { isDense, reshapeView, viewKey } from "./views.ts";

type MapStep = Step & { readonly kernel: "map" };

/** More would not fit the tables of the kernel (chain.ts). */
export const MAX_LINKS = 24;
export const MAX_CHAIN_ARRAYS = 24;

/**
 * Joins neighbouring elementwise steps over one shape into chains, which walk the elements once, a block at a time: what only
 * later links need never leaves the first cache. The links of a block run in their order, so a chain computes
 * what its steps did, element by element; a step that would see another's elements in another place ends the chain.
 */
export function chainMaps(steps: readonly Step[], outputs: readonly View[]): Step[] {
  const reads = countReads(steps, outputs);
  return joinRuns(steps, reads);
}

function joinRuns(steps: readonly Step[], reads: ReadonlyMap<Value, number>): Step[] {
  const joined: Step[] = [];
  let run: MapStep[] = [];
  const close = (): void => {
    if (run.length > 1 || run.some(hasShortRows)) joined.push(chain(run, reads));
    else joined.push(...run);
    run = [];
  };
  for (const step of steps) {
    if (step.kernel === "map") {
      const flat = flattened(step);
      if (!follows(run, flat)) close();
      run.push(flat);
      continue;
    }
    close();
    joined.push(step.kernel === "loop" ? { ...step, body: joinRuns(step.body, reads) } : step);
  }
  close();
  return joined;
}

/** Whether the kernel of chains, which takes short rows together, is the faster one for a single step too. */
function hasShortRows({ out }: MapStep): boolean {
  return out.shape.length > 1 && out.shape.at(-1)! < 128;
}

/** The step over one axis, where every array is dense or one value. */
function flattened(step: MapStep): MapStep {
  const views = [...step.inputs, step.out];
  const isOne = ({ strides }: View): boolean => strides.every((stride) => stride === 0);
  if (!isDense(step.out) || !views.every((view) => isDense(view) || isOne(view))) return step;
  const shape = [numElements(step.out.shape)];
  const flat = (view: View): View =>
    isOne(view) && !(isDense(view) && shape[0] === 1) ? { ...view, shape, strides: [0] } : reshapeView(view, shape);
  return { ...step, inputs: step.inputs.map(flat), out: flat(step.out) };
}

/** Whether the step may join the run: same shape, and every array that one of both writes is seen alike by both. */
function follows(run: readonly MapStep[], step: MapStep): boolean {
  if (run.length === 0) return true;
  if (run.length >= MAX_LINKS || !sameShape(run[0]!.out.shape, step.out.shape)) return false;
  const arrays = new Set([...run, step].flatMap(viewsOf).map(viewKey));
  if (arrays.size > MAX_CHAIN_ARRAYS) return false;
  const agree = (a: View, b: View): boolean => a.value !== b.value || viewKey(a) === viewKey(b);
  return run.every(
    (earlier) =>
      step.inputs.every((view) => agree(view, earlier.out)) &&
      [...earlier.inputs, earlier.out].every((view) => agree(view, step.out)),
  );
}

function chain(run: readonly MapStep[], reads: ReadonlyMap<Value, number>): Step {
  const written = new Map<Value, number>();
  const isLocal = new Map(run.map(({ out }) => [out.value, staysInside(run, out, reads)]));
  const links = run.map(({ kind, inputs, out }, i): Link => {
    const operands = inputs.map((view) => (isLocal.get(view.value) ? written.get(view.value)! : view));
    written.set(out.value, i);
    return { kind, inputs: operands, ...(!isLocal.get(out.value) && { out }) };
  });
  const shape: Shape = run[0]!.out.shape;
  return { kernel: "chain", shape, links };
}

/** Whether nobody outside the run reads the value, and nobody within before it is written. */
function staysInside(run: readonly MapStep[], { value, shape }: View, reads: ReadonlyMap<Value, number>): boolean {
  if (value.input !== undefined || value.numElements !== numElements(shape)) return false;
  const firstWrite = run.findIndex(({ out }) => out.value === value);
  const within = run
    .slice(firstWrite + 1)
    .flatMap(readsOf)
    .filter((view) => view.value === value).length;
  return within === (reads.get(value) ?? 0);
}

/** How often each value is read by any step, or as an output. */
function countReads(steps: readonly Step[], outputs: readonly View[]): Map<Value, number> {
  const reads = new Map<Value, number>();
  const note = ({ value }: View): void => void reads.set(value, (reads.get(value) ?? 0) + 1);
  const walk = (step: Step): void => {
    if (step.kernel === "loop") {
      step.body.forEach(walk);
      return;
    }
    readsOf(step).forEach(note);
    // Kernels that add to what is there read it too.
    if (step.kernel === "reduceSum" || step.kernel === "reduceMax") note(step.out);
  };
  steps.forEach(walk);
  outputs.forEach(note);
  return reads;
}
