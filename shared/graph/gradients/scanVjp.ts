import { createNode } from "../node.ts";
import { add } from "../ops/elementwise.ts";
import { constant, input } from "../ops/leaves.ts";
import { scan, scanAttributes, scanOutput } from "../ops/scan.ts";
import { rewrite } from "../rewrite.ts";
import type { Tensor } from "../tensor.ts";
import { topologicalOrder } from "../topologicalOrder.ts";
import { chooseResiduals, dependents } from "./chooseResiduals.ts";
import { type StepSum, sumOverSteps } from "./sumOverSteps.ts";
import type { Seed } from "./vjp.ts";

export interface ScanCotangents {
  /** Cotangents of the scan's results, by index. */
  readonly results: ReadonlyMap<number, Tensor>;
  /** Whether the cotangent of an input of the scan is asked for. */
  isWanted(source: Tensor): boolean;
  readonly backpropagate: (seeds: readonly Seed[], wrt: readonly Tensor[]) => (Tensor | undefined)[];
}

/** One step backwards, in terms of the forward body's own nodes and of formals for what only the backward loop knows. */
interface TracedStep {
  /** Formals of the cotangents of the carries. */
  readonly dCarries: readonly Tensor[];
  /** Formals of the cotangents of the stacked outputs -> their stacks. */
  readonly dOutputs: ReadonlyMap<Tensor, Tensor>;
  /** Cotangents of the forward body's formals, where one flows. */
  readonly gradients: ReadonlyMap<Tensor, Tensor>;
}

/**
 * Gradient of a scan: one scan in the other direction, whose carries are the cotangents of the forward carries.
 *
 * A step backwards sees what the forward step received (the histories of the carries, the items, the constants), as far
 * as it needs that, and those values of the forward body that are dear to compute again (`chooseResiduals`). They are
 * further outputs of a scan like the forward one; `mergeScans` makes the two one. The gradient of a constant is a sum
 * over the steps, most of which happens after the loop (`sumOverSteps`).
 */
export function scanVjp(node: Tensor, cotangents: ScanCotangents): (Tensor | undefined)[] {
  const { length, numCarries, numSequences, reverse } = scanAttributes(node);
  const formals = node.body!.inputs;
  const varying = formals.slice(0, numCarries + numSequences);
  const constants = formals.slice(numCarries + numSequences);
  const { dCarries, dOutputs, gradients } = traceStep(node, cotangents);
  const isBackward = dependents(topologicalOrder([...gradients.values()]), [...dCarries, ...dOutputs.keys()]);

  const sums = new Map<Tensor, StepSum>();
  for (const formal of constants) if (gradients.has(formal)) sums.set(formal, sumOverSteps(gradients.get(formal)!));
  const running = unique([...sums.values()].flatMap((sum) => sum.running));
  const stacked = unique([...sums.values()].flatMap((sum) => sum.stacked));
  const nextCarries = formals.slice(0, numCarries).map((formal) => gradients.get(formal) ?? constant(0, formal.shape));
  const dItems = varying.slice(numCarries).flatMap((formal) => gradients.get(formal) ?? []);
  const outputs = unique([...dItems, ...stacked.filter((value) => isBackward.has(value))]).filter(
    (value) => !dOutputs.has(value),
  );
  const results = [...nextCarries, ...running, ...outputs];

  const residuals = chooseResiduals({
    results,
    varying,
    constants,
    cotangents: [...dCarries, ...dOutputs.keys()],
    forced: stacked.filter((value) => !isBackward.has(value) && !varying.includes(value)),
  });
  const forward = withOutputs(node, residuals);
  const stacks = new Map(dOutputs);
  const stackOf = (value: Tensor): Tensor => {
    const stack = stacks.get(value) ?? forwardStack(forward, value);
    stacks.set(value, stack);
    return stack;
  };

  const isUsed = new Set(topologicalOrder(results, [...formals, ...dCarries, ...dOutputs.keys(), ...residuals]));
  const sequences = unique([...varying, ...residuals, ...dOutputs.keys()]).filter((value) => isUsed.has(value));
  const fixed = constants.filter((formal) => isUsed.has(formal));
  const loop = scan({
    length,
    reverse: !reverse,
    carry: [
      ...dCarries.map(({ shape }, i) => cotangents.results.get(i) ?? constant(0, shape)),
      ...running.map(({ shape }) => constant(0, shape)),
    ],
    sequences: sequences.map(stackOf),
    constants: fixed.map((formal) => node.inputs[formals.indexOf(formal)]!),
    step(carries, items, fixedNow) {
      const actual = new Map([
        ...dCarries.map((formal, i) => [formal, carries[i]!] as const),
        ...sequences.map((value, i) => [value, items[i]!] as const),
        ...fixed.map((formal, i) => [formal, fixedNow[i]!] as const),
      ]);
      const values = rewrite(results, (value) => actual.get(value));
      const totals = running.map((_, i) => add(carries[numCarries + i]!, values[numCarries + i]!));
      return { carry: [...values.slice(0, numCarries), ...totals], outputs: values.slice(numCarries + running.length) };
    },
  });

  outputs.forEach((value, i) => void stacks.set(value, loop.outputs[i]!));
  const totalOf = (value: Tensor): Tensor => loop.carry[numCarries + running.indexOf(value)]!;
  return formals.map((formal, i) => {
    const gradient = gradients.get(formal);
    if (i < numCarries) return loop.carry[i];
    return gradient && (sums.get(formal)?.finish(stackOf, totalOf) ?? stackOf(gradient));
  });
}

function traceStep(node: Tensor, { results, isWanted, backpropagate }: ScanCotangents): TracedStep {
  const { numCarries } = scanAttributes(node);
  const { inputs: formals, outputs: after } = node.body!;
  const dCarries = formals.slice(0, numCarries).map(({ shape }, i) => input(`dCarry.${i}`, shape));
  const seeds = dCarries.map((dCarry, i): Seed => [after[i]!, dCarry]);
  const dOutputs = new Map<Tensor, Tensor>();
  for (const [index, stack] of results) {
    const output = after[index];
    if (!output) throw new TypeError("scan has no second gradient yet: its history was differentiated");
    if (index < numCarries) continue;
    const formal = input(`dOutput.${index}`, output.shape);
    dOutputs.set(formal, stack);
    seeds.push([output, formal]);
  }
  const wrt = formals.filter((formal, i) => i < numCarries || (formal.dtype === "f32" && isWanted(node.inputs[i]!)));
  const gradients = backpropagate(seeds, wrt);
  return {
    dCarries,
    dOutputs,
    gradients: new Map(wrt.flatMap((formal, i) => (gradients[i] ? [[formal, gradients[i]]] : []))),
  };
}

/** The same scan with further outputs; itself if it gives them already. */
function withOutputs(node: Tensor, values: readonly Tensor[]): Tensor {
  const { numCarries } = scanAttributes(node);
  const { inputs, outputs } = node.body!;
  const further = values.filter((value) => !outputs.includes(value, numCarries));
  if (further.length === 0) return node;
  return createNode("scan", node.inputs, [], {
    attributes: node.attributes,
    body: { inputs, outputs: [...outputs, ...further] },
  });
}

/** The stack of what the forward body receives or gives at each step. */
function forwardStack(forward: Tensor, value: Tensor): Tensor {
  const { numCarries, numSequences } = scanAttributes(forward);
  const { inputs, outputs } = forward.body!;
  const index = inputs.indexOf(value);
  if (index >= numCarries && index < numCarries + numSequences) return forward.inputs[index]!;
  const isCarry = index >= 0 && index < numCarries;
  // A constant has no stack but the one that it was asked to give, as other values of the body.
  return scanOutput(forward, isCarry ? outputs.length + index : outputs.indexOf(value, numCarries));
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
