import { cos, erf, exp, log, pow, sigmoid, sin, tanh } from "../../base/math.ts";
import { PHILOX_WORDS, philox } from "../../base/philox.ts";
import type { PrimitiveOp } from "../../graph/opset.ts";
import { numElements } from "../../graph/shape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { coordinates, indexWithin } from "./indexing.ts";
import { referenceWindows } from "./referenceWindows.ts";
import type { Values } from "./values.ts";

/** One op on the values of its inputs. Sums run in f64; each result is rounded to f32 once. */
type ReferenceOp = (node: Tensor, inputs: readonly Values[]) => Values;

export type ReferenceOpName = Exclude<PrimitiveOp, "input" | "constant" | "literal" | "scan" | "scanOutput">;

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
  rsqrt: elementwise((x) => 1 / Math.sqrt(x)),
  abs: elementwise(Math.abs),
  floor: elementwise(Math.floor),
  erf: elementwise(erf),
  sin: elementwise(sin),
  cos: elementwise(cos),
  pow: elementwise(pow),
  maximum: elementwise((a, b) => Math.max(a, b)),
  minimum: elementwise((a, b) => Math.min(a, b)),
  greater: elementwise((a, b) => (a > b ? 1 : 0)),
  greaterEqual: elementwise((a, b) => (a >= b ? 1 : 0)),
  equal: elementwise((a, b) => (a === b ? 1 : 0)),
  where: elementwise((condition, a, b) => (condition !== 0 ? a : b)),
  relu: elementwise((x) => Math.max(x, 0)), // NaN stays NaN: a diverged run must be seen
  tanh: elementwise(tanh),
  sigmoid: elementwise(sigmoid),
  gelu: elementwise((x) => x * normalCdf(x)),
  reluGrad: elementwise((dy, y) => (y > 0 ? dy : 0)),
  tanhGrad: elementwise((dy, y) => dy * (1 - y * y)),
  sigmoidGrad: elementwise((dy, y) => dy * y * (1 - y)),
  geluGrad: elementwise((dy, x) => dy * (normalCdf(x) + (x * exp((-x * x) / 2)) / ROOT_TWO_PI)),
  stopGradient: elementwise((x) => x),
  toInt: (_, [x]) => Int32Array.from(x!, (value) => Math.min(2 ** 31 - 1, Math.max(-(2 ** 31), value))),
  toFloat: (_, [x]) => Float32Array.from(x!),
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
  reduceMax(node, [x]) {
    const axes = node.attributes.axes as readonly number[];
    const { shape } = node.inputs[0]!;
    const largest = new Float32Array(numElements(node.shape)).fill(Number.NEGATIVE_INFINITY);
    for (let i = 0; i < x!.length; i++) {
      const kept = coordinates(i, shape).filter((_, axis) => !axes.includes(axis));
      const at = indexWithin(kept, node.shape);
      largest[at] = Math.max(largest[at]!, x![i]!);
    }
    return largest;
  },
  cumulativeSum(node, [x]) {
    const { axis, reverse } = node.attributes as { axis: number; reverse: boolean };
    return gather(node, (at) => {
      let sum = 0;
      const [first, last] = reverse ? [at[axis]!, node.shape[axis]! - 1] : [0, at[axis]!];
      for (let i = first; i <= last; i++) sum += x![indexWithin(at.with(axis, i), node.shape)]!;
      return sum;
    });
  },
  reshape: (_, [x]) => x!.slice(),
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
    const { axis, start, stride } = node.attributes as { axis: number; start: number; stride: number };
    return gather(node, (at) => x![indexWithin(at.with(axis, start + at[axis]! * stride), node.inputs[0]!.shape)]!);
  },
  reverse(node, [x]) {
    const axes = node.attributes.axes as readonly number[];
    return gather(node, (at) => {
      const source = at.map((i, axis) => (axes.includes(axis) ? node.shape[axis]! - 1 - i : i));
      return x![indexWithin(source, node.shape)]!;
    });
  },
  pad(node, [x]) {
    const { axis, before, interior, value } = node.attributes as Record<
      "axis" | "before" | "interior" | "value",
      number
    >;
    const { shape } = node.inputs[0]!;
    return gather(node, (at) => {
      const position = (at[axis]! - before) / (interior + 1);
      const isInside = Number.isInteger(position) && position >= 0 && position < shape[axis]!;
      return isInside ? x![indexWithin(at.with(axis, position), shape)]! : value;
    });
  },
  concat(node, inputs) {
    const axis = node.attributes.axis as number;
    return gather(node, (at) => {
      let position = at[axis]!;
      const part = node.inputs.findIndex(({ shape }) => {
        if (position < shape[axis]!) return true;
        position -= shape[axis]!;
        return false;
      });
      return inputs[part]![indexWithin(at.with(axis, position), node.inputs[part]!.shape)]!;
    });
  },
  gather(node, [table, indices]) {
    const rowCount = node.inputs[0]!.shape[0]!;
    const width = table!.length / rowCount;
    const missing = node.attributes.missing === "zero" ? 0 : Number.NaN;
    const out = new Float32Array(numElements(node.shape)).fill(missing);
    indices!.forEach((row, i) => {
      if (row >= 0 && row < rowCount) out.set(table!.subarray(row * width, (row + 1) * width), i * width);
    });
    return out;
  },
  scatterAdd(node, [x, indices]) {
    const rowCount = node.shape[0]!;
    const width = numElements(node.shape) / rowCount;
    const sums = new Float64Array(numElements(node.shape));
    indices!.forEach((row, i) => {
      if (row < 0 || row >= rowCount) return;
      for (let k = 0; k < width; k++) sums[row * width + k]! += x![i * width + k]!;
    });
    return Float32Array.from(sums);
  },
  ...referenceWindows,
  random(node, [state]) {
    const [key0, key1, step] = state as unknown as [number, number, number];
    const stream = node.attributes.stream as number;
    return Float32Array.from({ length: numElements(node.shape) }, (_, i) => {
      const block = Math.floor(i / PHILOX_WORDS);
      return (philox([key0, key1], [block, stream, step, 0])[i % PHILOX_WORDS]! >>> 8) / 2 ** 24;
    });
  },
  advanceRandom: (node, [state]) => Int32Array.of(state![0]!, state![1]!, state![2]! + (node.attributes.by as number)),
  softmax(node, [x]) {
    return Float32Array.from(rows(node, x!).flatMap((row) => probabilities(row)));
  },
  standardise(node, [x]) {
    const epsilon = node.attributes.epsilon as number;
    return Float32Array.from(rows(node, x!).flatMap((row) => standardised(row, epsilon).y));
  },
  standardiseGrad(node, [dy, x]) {
    const cotangents = rows(node, dy!);
    return Float32Array.from(
      rows(node, x!).flatMap((row, i) => {
        const { y, perDeviation } = standardised(row, node.attributes.epsilon as number);
        const own = cotangents[i]!;
        const [plain, weighted] = [mean(own), mean(own.map((d, k) => d * y[k]!))];
        return own.map((d, k) => (d - plain - y[k]! * weighted) * perDeviation);
      }),
    );
  },
  softmaxGrad(node, [dy, y]) {
    const cotangents = rows(node, dy!);
    return Float32Array.from(
      rows(node, y!).flatMap((row, i) => {
        const total = row.reduce((sum, p, k) => sum + p * cotangents[i]![k]!, 0);
        return row.map((p, k) => p * (cotangents[i]![k]! - total));
      }),
    );
  },
  logSoftmax(node, [x]) {
    return Float32Array.from(rows(node, x!).flatMap((row) => row.map((value) => value - logSumExp(row))));
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

function gather(node: Tensor, elementAt: (at: readonly number[]) => number): Values {
  const length = numElements(node.shape);
  const result = node.dtype === "i32" ? new Int32Array(length) : new Float32Array(length);
  for (let i = 0; i < length; i++) result[i] = elementAt(coordinates(i, node.shape));
  return result;
}

const ROOT_TWO_PI = 2.5066282746310002;

function normalCdf(x: number): number {
  return 0.5 * (1 + erf(x / Math.SQRT2));
}

/** Matrix by matrix of the stack. */
function matmul(node: Tensor, [a, b]: readonly Values[]): Float32Array {
  const matrices = numElements(node.shape.slice(0, -2));
  const [sizeA, sizeB] = [a!.length / matrices, b!.length / matrices];
  const products = Array.from({ length: matrices }, (_, i) => [
    ...product(node, a!.subarray(i * sizeA, (i + 1) * sizeA), b!.subarray(i * sizeB, (i + 1) * sizeB)),
  ]);
  return Float32Array.from(products.flat());
}

function product(node: Tensor, a: Values, b: Values): Float32Array {
  const { transposeA, transposeB } = node.attributes;
  const [rowCount, columnCount] = node.shape.slice(-2) as [number, number];
  const inner = a.length / rowCount;
  const result = new Float32Array(rowCount * columnCount);
  for (let i = 0; i < rowCount; i++) {
    for (let j = 0; j < columnCount; j++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) {
        const left = a[transposeA ? k * rowCount + i : i * inner + k]!;
        sum += left * b[transposeB ? j * inner + k : k * columnCount + j]!;
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

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function standardised(row: readonly number[], epsilon: number): { y: number[]; perDeviation: number } {
  const centre = mean(row);
  const perDeviation = 1 / Math.sqrt(mean(row.map((value) => (value - centre) ** 2)) + epsilon);
  return { y: row.map((value) => (value - centre) * perDeviation), perDeviation };
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
