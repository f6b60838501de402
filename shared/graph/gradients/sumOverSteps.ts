import { add } from "../ops/elementwise.ts";
import { constant, constantValue } from "../ops/leaves.ts";
import { matmul } from "../ops/matmul.ts";
import { reduceSum } from "../ops/reduce.ts";
import { reshape } from "../ops/shaping.ts";
import { withInputs } from "../rewrite.ts";
import { sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** How the sum of a value of a loop's body over all steps is made. */
export interface StepSum {
  /** Values of the body whose stack [length, ...shape] is asked for. */
  readonly stacked: readonly Tensor[];
  /** Values of the body that the loop has to add up itself. */
  readonly running: readonly Tensor[];
  /** The sum, after the loop. */
  finish(stackOf: (value: Tensor) => Tensor, totalOf: (value: Tensor) => Tensor): Tensor;
}

/** Ops that give the sum from the sum of their input. */
const LINEAR: ReadonlySet<string> = new Set(["reshape", "transpose", "neg", "pad", "concat", "broadcastTo"]);

/**
 * Plans the sum of x over the steps of a loop so that as much as possible happens after it: a product aᵀ·b of matrices
 * becomes one product over the rows of all steps, a sum over axes one sum over time too. What is left is added up in the
 * loop. The order of each sum follows from shapes alone.
 */
export function sumOverSteps(x: Tensor): StepSum {
  // Node by node and not term by term: a term that is added to itself again and again would be met 2, 4, 8, ... times.
  const reached = new Set([x]);
  for (const node of reached) if (isLinear(node)) for (const source of node.inputs) reached.add(source);
  const order = [...reached].sort((a, b) => a.id - b.id);
  const terms = new Map(order.flatMap((node) => (isLinear(node) ? [] : [[node, sumOfTerm(node)]])));
  return {
    stacked: [...terms.values()].flatMap(({ stacked }) => stacked),
    running: [...terms.values()].flatMap(({ running }) => running),
    finish(stackOf, totalOf) {
      const sums = new Map<Tensor, Tensor>();
      for (const node of order) {
        const term = terms.get(node);
        sums.set(node, term ? term.finish(stackOf, totalOf) : sumOfLinear(node, (source) => sums.get(source)!));
      }
      return sums.get(x)!;
    },
  };
}

/** Whether the sum follows from those of the inputs. */
function isLinear(node: Tensor): boolean {
  if (constantValue(node) === 0) return false;
  if (node.op === "add") return node.inputs.every((term) => sameShape(term.shape, node.shape));
  return LINEAR.has(node.op) && (node.op !== "pad" || node.attributes.value === 0);
}

function sumOfLinear(node: Tensor, sumOf: (source: Tensor) => Tensor): Tensor {
  const sums = node.inputs.map(sumOf);
  return node.op === "add" ? add(sums[0]!, sums[1]!) : withInputs(node, sums);
}

function sumOfTerm(x: Tensor): StepSum {
  const { op, inputs, attributes, shape } = x;
  if (constantValue(x) === 0) return { stacked: [], running: [], finish: () => constant(0, shape) };
  if (op === "reduceSum") {
    const axes = [0, ...(attributes.axes as readonly number[]).map((axis) => axis + 1)];
    return { stacked: inputs, running: [], finish: (stackOf) => reduceSum(stackOf(inputs[0]!), axes) };
  }
  if (op === "matmul" && shape.length === 2 && attributes.transposeA === true && attributes.transposeB !== true) {
    return {
      stacked: inputs,
      running: [],
      finish(stackOf) {
        const [a, b] = inputs.map((factor) => allRows(stackOf(factor))) as [Tensor, Tensor];
        return matmul(a, b, { transposeA: true });
      },
    };
  }
  return { stacked: [], running: [x], finish: (_, totalOf) => totalOf(x) };
}

/** [length, rows, columns] -> [length · rows, columns] */
function allRows(stack: Tensor): Tensor {
  const [length, rows, columns] = stack.shape as [number, number, number];
  return reshape(stack, [length * rows, columns]);
}
