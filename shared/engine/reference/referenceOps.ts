import { exp, log, sigmoid, tanh } from "../../base/math.ts";
import type { PrimitiveOp } from "../../graph/opset.ts";
import { numElements } from "../../graph/shape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { coordinates, indexWithin } from "./indexing.ts";
import type { Values } from "./values.ts";

/** One op on the values of its inputs. Sums run in f64; each result is rounded to f32 once. */
type ReferenceOp = (node: Tensor, inputs: readonly Values[]) => Float32Array;

export type ReferenceOpName = Exclude<PrimitiveOp, "input" | "constant" | "scan" | "scanOutput">;

/** Every op but leaves and loops, as the obvious loop over its definition. */
export const referenceOps: Readonly<Record<ReferenceOpName, ReferenceOp>> = {
  matmul,
  add: elementwise((a, b) => a + b),
  sub: elementwise((a, b) => a - b),
  mul: elementwise((a, b) => a * b),
  div: elementwise((a, b) => a / b),
  neg: elementwise((x) => -x),
  exp: elementwise(exp),
  log: elementwise(log),
  sqrt: elementwise(Math.sqrt),
  greater: elementwise((a, b) => (a > b ? 1 : 0)),
  where: elementwise((condition, a, b) => (condition !== 0 ? a : b)),
  relu: elementwise((x) => Math.max(x, 0)), // NaN stays NaN: a diverged run must be seen
  tanh: elementwise(tanh),
  sigmoid: elementwise(sigmoid),
  reluGrad: elementwise((dy, y) => (y > 0 ? dy : 0)),
  tanhGrad: elementwise((dy, y) => dy * (1 - y * y)),
  sigmoidGrad: elementwise((dy, y) => dy * y * (1 - y)),
  broadcastTo: elementwise((x) => x),
  reduceSum(node, [x]) {
    const axes = node.attributes.axes as readonly number[];
    const shape = node.inputs[0]!.shape;
    const sums = new Float64Array(numElements(node.shape));
    for (let i = 0; i < x!.length; i++) {
      const kept = coordinates(i, shape).filter((_, axis) => !axes.includes(axis));
      sums[indexWithin(kept, node.shape)]! += x![i]!;
    }
    return Float32Array.from(sums);
  },
  reshape: (_, [x]) => Float32Array.from(x!),
  transpose(node, [x]) {
    const permutation = node.attributes.permutation as readonly number[];
    return gather(node, (at) => {
      const source = new Array<number>(at.length);
      permutation.forEach((axis, i) => {
        source[axis] = at[i]!;
      });
      return x![indexWithin(source, node.inputs[0]!.shape)]!;
    });
  },
  slice(node, [x]) {
    const { axis, start } = node.attributes as { axis: number; start: number };
    return gather(node, (at) => x![indexWithin(at.with(axis, at[axis]! + start), node.inputs[0]!.shape)]!);
  },
  pad(node, [x]) {
    const { axis, before } = node.attributes as { axis: number; before: number };
    const { shape } = node.inputs[0]!;
    return gather(node, (at) => {
      const position = at[axis]! - before;
      return position >= 0 && position < shape[axis]! ? x![indexWithin(at.with(axis, position), shape)]! : 0;
    });
  },
  softmax(node, [x]) {
    return Float32Array.from(rows(node, x!).flatMap((row) => probabilities(row)));
  },
  softmaxCrossEntropy(node, [logits, labels]) {
    return Float32Array.from(rows(node.inputs[0]!, logits!), (row, i) => logSumExp(row) - labelled(row, labels![i]!));
  },
  softmaxCrossEntropyGrad(node, [logits, labels, dLosses]) {
    return Float32Array.from(
      rows(node, logits!).flatMap((row, i) => {
        labelled(row, labels![i]!);
        return probabilities(row).map((p, label) => (p - (label === labels![i] ? 1 : 0)) * dLosses![i]!);
      }),
    );
  },
  numCorrect(node, [logits, labels]) {
    const correct = rows(node.inputs[0]!, logits!).filter((row, i) => row.indexOf(Math.max(...row)) === labels![i]);
    return Float32Array.of(correct.length);
  },
};

/** Applies a scalar function to each element, every input broadcast to the shape of the result. */
function elementwise(apply: (...elements: [number, number, number]) => number): ReferenceOp {
  return (node, inputs) =>
    gather(node, (at) => {
      const element = (i: number): number => {
        const values = inputs[i];
        return values ? values[indexWithin(at, node.inputs[i]!.shape)]! : 0;
      };
      return apply(element(0), element(1), element(2));
    });
}

function gather(node: Tensor, elementAt: (at: readonly number[]) => number): Float32Array {
  return Float32Array.from({ length: numElements(node.shape) }, (_, i) => elementAt(coordinates(i, node.shape)));
}

function matmul(node: Tensor, [a, b]: readonly Values[]): Float32Array {
  const { transposeA, transposeB } = node.attributes;
  const [rowCount, columnCount] = node.shape as [number, number];
  const inner = a!.length / rowCount;
  const result = new Float32Array(rowCount * columnCount);
  for (let i = 0; i < rowCount; i++) {
    for (let j = 0; j < columnCount; j++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) {
        const left = a![transposeA ? k * rowCount + i : i * inner + k]!;
        sum += left * b![transposeB ? j * inner + k : k * columnCount + j]!;
      }
      result[i * columnCount + j] = sum;
    }
  }
  return result;
}

/** The values along the last axis, row by row. */
function rows({ shape }: Tensor, values: Values): number[][] {
  const width = shape.at(-1)!;
  return Array.from({ length: values.length / width }, (_, i) => [...values.subarray(i * width, (i + 1) * width)]);
}

function logSumExp(row: readonly number[]): number {
  const maximum = Math.max(...row);
  return maximum + log(row.reduce((sum, x) => sum + exp(x - maximum), 0));
}

function probabilities(row: readonly number[]): number[] {
  const maximum = Math.max(...row);
  const powers = row.map((x) => exp(x - maximum));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

/** @throws RangeError if the label is none of the classes. */
function labelled(row: readonly number[], label: number): number {
  const logit = row[label];
  if (logit === undefined) throw new RangeError(`label expected a class in [0, ${row.length - 1}], got ${label}`);
  return logit;
}
