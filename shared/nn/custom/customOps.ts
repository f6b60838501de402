import * as ops from "../../graph/ops.ts";
import { sameShape } from "../../graph/shape.ts";
import type { Tensor } from "../../graph/tensor.ts";

type AttributeType = "number" | "boolean" | "string" | "numbers";
type Signature = Readonly<Record<string, AttributeType>>;
type ValueOf<T extends AttributeType> = T extends "number"
  ? number
  : T extends "boolean"
    ? boolean
    : T extends "string"
      ? string
      : readonly number[];
type ValuesOf<S extends Signature> = { readonly [K in keyof S]: ValueOf<S[K]> };

/** An op that a custom layer may use: what it takes, and the builder that checks it. */
export interface CustomOp {
  /** How many tensors; any number from 1 when absent. */
  readonly numInputs?: number;
  readonly attributes: Signature;
  build(inputs: readonly Tensor[], attributes: ValuesOf<Signature>): Tensor;
}

function op<const S extends Signature>(
  numInputs: number | undefined,
  attributes: S,
  build: (inputs: readonly Tensor[], attributes: ValuesOf<S>) => Tensor,
): CustomOp {
  return {
    ...(numInputs !== undefined && { numInputs }),
    attributes,
    build: build as unknown as CustomOp["build"],
  };
}

const unary = (build: (x: Tensor) => Tensor): CustomOp => op(1, {}, ([x]) => build(x!));
const binary = (build: (a: Tensor, b: Tensor) => Tensor): CustomOp => op(2, {}, ([a, b]) => build(a!, b!));
const ternary = (build: (a: Tensor, b: Tensor, c: Tensor) => Tensor): CustomOp =>
  op(3, {}, ([a, b, c]) => build(a!, b!, c!));

const windows = { strides: "numbers", dilations: "numbers", padding: "numbers" } as const;

function windowsOf({ strides, dilations, padding }: ValuesOf<typeof windows>): ops.WindowOptions {
  const [top, bottom, left, right] = exactly("padding", 4, padding) as [number, number, number, number];
  return {
    strides: exactly("strides", 2, strides) as [number, number],
    dilations: exactly("dilations", 2, dilations) as [number, number],
    padding: [top, bottom, left, right],
  };
}

function kernelOf(kernel: readonly number[]): readonly [number, number] {
  return exactly("kernel", 2, kernel) as [number, number];
}

function exactly(label: string, count: number, values: readonly number[]): readonly number[] {
  if (values.length !== count) throw new RangeError(`"${label}" expected ${count} numbers, got ${values.length}`);
  return values;
}

function maxPool2dGrad(dy: Tensor, x: Tensor, y: Tensor): Tensor {
  if (y.op !== "maxPool2d" || y.inputs[0] !== x || !sameShape(dy.shape, y.shape)) {
    throw new RangeError(`maxPool2dGrad expected dy, x and maxPool2d(x), got ${dy.op}, ${x.op} and ${y.op}`);
  }
  return ops.maxPool2dGrad(dy, x, y);
}

function literal(values: readonly number[], shape: readonly number[], dtype: string): Tensor {
  if (dtype !== "f32" && dtype !== "i32") throw new TypeError(`"dtype" expected f32 or i32, got ${dtype}`);
  return ops.literal(values, shape, dtype);
}

function spike(x: Tensor, kind: string, slope: number): Tensor {
  const known = ops.SURROGATE_KINDS.find((name) => name === kind);
  if (!known) throw new TypeError(`"kind" expected one of ${ops.SURROGATE_KINDS.join(", ")}, got ${kind}`);
  return ops.spike(x, { kind: known, slope });
}

/** Every op that a custom layer may use, but "random", "scan" and "scanOutput", which `buildTrace` makes itself. */
export const customOps: Readonly<Record<string, CustomOp>> = {
  constant: op(0, { value: "number", shape: "numbers" }, (_, { value, shape }) => ops.constant(value, shape)),
  literal: op(0, { values: "numbers", shape: "numbers", dtype: "string" }, (_, { values, shape, dtype }) =>
    literal(values, shape, dtype),
  ),
  add: binary(ops.add),
  sub: binary(ops.sub),
  mul: binary(ops.mul),
  div: binary(ops.div),
  pow: binary(ops.pow),
  maximum: binary(ops.maximum),
  minimum: binary(ops.minimum),
  greater: binary(ops.greater),
  greaterEqual: binary(ops.greaterEqual),
  equal: binary(ops.equal),
  where: ternary(ops.where),
  neg: unary(ops.neg),
  exp: unary(ops.exp),
  log: unary(ops.log),
  sqrt: unary(ops.sqrt),
  rsqrt: unary(ops.rsqrt),
  abs: unary(ops.abs),
  floor: unary(ops.floor),
  erf: unary(ops.erf),
  sin: unary(ops.sin),
  cos: unary(ops.cos),
  stopGradient: unary(ops.stopGradient),
  toInt: unary(ops.toInt),
  toFloat: unary(ops.toFloat),
  relu: unary(ops.relu),
  tanh: unary(ops.tanh),
  sigmoid: unary(ops.sigmoid),
  gelu: unary(ops.gelu),
  reluGrad: binary(ops.reluGrad),
  tanhGrad: binary(ops.tanhGrad),
  sigmoidGrad: binary(ops.sigmoidGrad),
  geluGrad: binary(ops.geluGrad),
  standardise: op(1, { epsilon: "number" }, ([x], { epsilon }) => ops.standardise(x!, epsilon)),
  standardiseGrad: op(2, { epsilon: "number" }, ([dy, x], { epsilon }) => ops.standardiseGrad(dy!, x!, epsilon)),
  softmax: unary(ops.softmax),
  softmaxGrad: binary(ops.softmaxGrad),
  logSoftmax: unary(ops.logSoftmax),
  softmaxCrossEntropy: binary(ops.softmaxCrossEntropy),
  softmaxCrossEntropyGrad: ternary(ops.softmaxCrossEntropyGrad),
  numCorrect: binary(ops.numCorrect),
  straightThrough: binary(ops.straightThrough),
  spike: op(1, { kind: "string", slope: "number" }, ([x], { kind, slope }) => spike(x!, kind, slope)),
  matmul: op(2, { transposeA: "boolean", transposeB: "boolean" }, ([a, b], options) => ops.matmul(a!, b!, options)),
  reduceSum: op(1, { axes: "numbers" }, ([x], { axes }) => ops.reduceSum(x!, axes)),
  reduceMax: op(1, { axes: "numbers" }, ([x], { axes }) => ops.reduceMax(x!, axes)),
  cumulativeSum: op(1, { axis: "number", reverse: "boolean" }, ([x], { axis, reverse }) =>
    ops.cumulativeSum(x!, axis, { reverse }),
  ),
  broadcastTo: op(1, { shape: "numbers" }, ([x], { shape }) => ops.broadcastTo(x!, shape)),
  reshape: op(1, { shape: "numbers" }, ([x], { shape }) => ops.reshape(x!, shape)),
  transpose: op(1, { permutation: "numbers" }, ([x], { permutation }) => ops.transpose(x!, permutation)),
  slice: op(
    1,
    { axis: "number", start: "number", size: "number", stride: "number" },
    ([x], { axis, start, size, stride }) => ops.slice(x!, axis, start, size, stride),
  ),
  reverse: op(1, { axes: "numbers" }, ([x], { axes }) => ops.reverse(x!, axes)),
  pad: op(
    1,
    { axis: "number", before: "number", after: "number", interior: "number", value: "number" },
    ([x], { axis, before, after, interior, value }) => ops.pad(x!, axis, before, after, { interior, value }),
  ),
  concat: op(undefined, { axis: "number" }, (inputs, { axis }) => ops.concat(inputs, axis)),
  gather: op(2, { missing: "string" }, ([table, indices], { missing }) => {
    if (missing !== "nan" && missing !== "zero") {
      throw new TypeError(`"missing" expected nan or zero, got ${missing}`);
    }
    return ops.gather(table!, indices!, { missing });
  }),
  scatterAdd: op(2, { rows: "number" }, ([x, indices], { rows }) => ops.scatterAdd(x!, indices!, rows)),
  segmentMax: op(2, { rows: "number" }, ([x, segments], { rows }) => ops.segmentMax(x!, segments!, rows)),
  conv2d: op(2, { kernel: "numbers", ...windows }, ([x, w], options) => ops.conv2d(x!, w!, windowsOf(options))),
  conv2dFilterGrad: op(2, { kernel: "numbers", ...windows }, ([x, dy], { kernel, ...options }) =>
    ops.conv2dFilterGrad(x!, dy!, kernelOf(kernel), windowsOf(options)),
  ),
  maxPool2d: op(1, { kernel: "numbers", ...windows }, ([x], { kernel, ...options }) =>
    ops.maxPool2d(x!, kernelOf(kernel), windowsOf(options)),
  ),
  maxPool2dGrad: op(3, { kernel: "numbers", ...windows }, ([dy, x, y]) => maxPool2dGrad(dy!, x!, y!)),
};
