import { readsOf, type Step, type Value, type View } from "./fusedGraph.ts";

/**
 * Leaves out the steps whose result nobody reads, and then what only those needed: a scan stores every result that it
 * could have, such as the history that only gradients use.
 */
export function dropUnread(steps: readonly Step[], outputs: readonly View[]): readonly Step[] {
  const read = new Set<Value>([...outputs, ...steps.flatMap(readsOf)].map(({ value }) => value));
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
