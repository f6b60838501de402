import { readsOf, type Step, type Value, type View } from "./fusedGraph.ts";

/**
 * Leaves out the steps whose result nobody reads, and then what only those needed: a scan stores every result that it
 * could have, such as the history that only gradients use.
 */
export function dropUnread(steps: readonly Step[], outputs: readonly View[]): readonly Step[] {
  const writers = new Map<Value, Step[]>();
  const kept = new Set<Step>();
  const pending: Step[] = [];
  const keep = (step: Step): void => {
    kept.add(step);
    pending.push(step);
  };
  const need = (value: Value): void => {
    for (const writer of writers.get(value) ?? []) keep(writer);
    writers.delete(value);
  };
  const note = (step: Step): void => {
    if (step.kernel === "loop") step.body.forEach(note);
    // Inputs are storage that outlives the steps, so writing one always counts.
    else if (!("out" in step) || step.out.value.input !== undefined) keep(step);
    else if (writers.get(step.out.value)?.push(step) === undefined) writers.set(step.out.value, [step]);
  };
  steps.forEach(note);
  for (const { value } of outputs) need(value);
  for (let step = pending.pop(); step; step = pending.pop()) for (const { value } of readsOf(step)) need(value);
  return pick(steps, kept);
}

function pick(steps: readonly Step[], kept: ReadonlySet<Step>): Step[] {
  return steps.flatMap((step): Step[] => {
    if (step.kernel !== "loop") return kept.has(step) ? [step] : [];
    const body = pick(step.body, kept);
    return body.length > 0 ? [{ ...step, body }] : [];
  });
}
