import { type Step, type Value, type View, viewsOf } from "./fusedGraph.ts";

/**
 * Leaves out the steps whose result nobody reads, and then what only those needed: a scan stores every result that it
 * could have, such as the history that only gradients use.
 */
export function dropUnread(steps: readonly Step[], outputs: readonly View[]): readonly Step[] {
  const read = new Set<Value>(outputs.map(({ value }) => value));
  const note = (step: Step): void => {
    if (step.kernel === "loop") {
      step.body.forEach(note);
      return;
    }
    const views = viewsOf(step);
    // The last view is `out`, where there is one.
    for (const { value } of "out" in step ? views.slice(0, -1) : views) read.add(value);
  };
  steps.forEach(note);
  const kept = steps.flatMap((step) => keep(step, read));
  return countSteps(kept) < countSteps(steps) ? dropUnread(kept, outputs) : kept;
}

/** The step, without what nobody reads; inputs are storage that outlives the steps, so writing one always counts. */
function keep(step: Step, read: ReadonlySet<Value>): Step[] {
  if (step.kernel === "loop") {
    const body = step.body.flatMap((inner) => keep(inner, read));
    return body.length > 0 ? [{ ...step, body }] : [];
  }
  return !("out" in step) || step.out.value.input !== undefined || read.has(step.out.value) ? [step] : [];
}

function countSteps(steps: readonly Step[]): number {
  return steps.reduce((sum, step) => sum + (step.kernel === "loop" ? 1 + countSteps(step.body) : 1), 0);
}
