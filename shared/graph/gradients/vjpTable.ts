import { geluGrad, reluGrad, sigmoidGrad, tanhGrad } from "../ops/activations.ts";
import { softmax, softmaxCrossEntropyGrad, softmaxGrad } from "../ops/classification.ts";
import { maxPool2dGrad } from "../ops/convolution.ts";
import {
  cos,
  div,
  equal,
  exp,
  greater,
  greaterEqual,
  log,
  mul,
  neg,
  pow,
  sin,
  sub,
  where,
} from "../ops/elementwise.ts";
import { gather, scatterAdd } from "../ops/indexing.ts";
import { constant, constantValue } from "../ops/leaves.ts";
import { matmul } from "../ops/matmul.ts";
import { standardiseGrad } from "../ops/normalisation.ts";
import { cumulativeSum, reduceSum } from "../ops/reduce.ts";
import { broadcastTo, pad, reshape, reverse, slice, transpose } from "../ops/shaping.ts";
import type { PrimitiveOp } from "../opset.ts";
import type { Shape, Tensor } from "../tensor.ts";
import { conv2dFilterGradVjp, conv2dVjp } from "./convolutionVjp.ts";
import { sumTo } from "./sumTo.ts";
import type { Vjp } from "./vjp.ts";

const TWO_OVER_ROOT_PI = 1.1283791670955126;
const ROOT_TWO_PI = 2.5066282746310002;

/** Ops whose gradient is not a row of the table: leaves have none, a scan's is in scanVjp.ts. */
type WithoutRow = "input" | "constant" | "literal" | "scan" | "scanOutput";

const noGradient: Vjp = () => [];

/** The one table of gradients: op -> vector-Jacobian product. `y` is the node itself, its inputs are a, b, x. */
export const vjpTable: Readonly<Record<Exclude<PrimitiveOp, WithoutRow>, Vjp>> = {
  matmul: matmulVjp,
  add: ({ inputs: [a, b] }, dy) => [sumTo(dy, a!.shape), sumTo(dy, b!.shape)],
  sub: ({ inputs: [a, b] }, dy) => [sumTo(dy, a!.shape), sumTo(neg(dy), b!.shape)],
  mul: ({ inputs: [a, b] }, dy) => [sumTo(mul(dy, b!), a!.shape), sumTo(mul(dy, a!), b!.shape)],
  div: (y, dy) => {
    const [a, b] = y.inputs as [Tensor, Tensor];
    const da = div(dy, b);
    return [sumTo(da, a.shape), sumTo(neg(mul(da, y)), b.shape)];
  },
  neg: (_, dy) => [neg(dy)],
  exp: (y, dy) => [mul(dy, y)],
  log: ({ inputs: [x] }, dy) => [div(dy, x!)],
  sqrt: (y, dy) => [div(mul(dy, constant(0.5)), y)],
  rsqrt: (y, dy) => [mul(mul(dy, constant(-0.5)), mul(y, mul(y, y)))],
  abs: ({ inputs: [x] }, dy) => [mul(dy, sub(greater(x!, constant(0)), greater(constant(0), x!)))],
  floor: noGradient,
  erf: ({ inputs: [x] }, dy) => [mul(mul(dy, constant(TWO_OVER_ROOT_PI)), exp(neg(mul(x!, x!))))],
  sin: ({ inputs: [x] }, dy) => [mul(dy, cos(x!))],
  cos: ({ inputs: [x] }, dy) => [neg(mul(dy, sin(x!)))],
  pow: powVjp,
  maximum: ({ inputs: [a, b] }, dy) => chosen(greaterEqual(a!, b!), a!, b!, dy),
  minimum: ({ inputs: [a, b] }, dy) => chosen(greaterEqual(b!, a!), a!, b!, dy),
  greater: noGradient,
  greaterEqual: noGradient,
  equal: noGradient,
  where: ({ inputs: [condition, a, b] }, dy) => {
    return [undefined, ...chosen(condition!, a!, b!, dy)];
  },

  relu: (y, dy) => [reluGrad(dy, y)],
  tanh: (y, dy) => [tanhGrad(dy, y)],
  sigmoid: (y, dy) => [sigmoidGrad(dy, y)],
  gelu: ({ inputs: [x] }, dy) => [geluGrad(dy, x!)],
  // Each is linear in its dy; the second row is the derivative of its factor: 0, 1 - y², y - y².
  reluGrad: ({ inputs: [, y] }, dz) => [reluGrad(dz, y!), undefined],
  tanhGrad: ({ inputs: [dy, y] }, dz) => [tanhGrad(dz, y!), mul(mul(dz, dy!), mul(constant(-2), y!))],
  sigmoidGrad: ({ inputs: [dy, y] }, dz) => [
    sigmoidGrad(dz, y!),
    mul(mul(dz, dy!), sub(constant(1), mul(constant(2), y!))),
  ],
  // d/dx (Φ + x φ) = φ (2 - x²), φ(x) = e^(-x²/2) / √(2π)
  geluGrad: ({ inputs: [dy, x] }, dz) => {
    const square = mul(x!, x!);
    const density = mul(exp(mul(square, constant(-0.5))), constant(1 / ROOT_TWO_PI));
    return [geluGrad(dz, x!), mul(mul(dz, dy!), mul(density, sub(constant(2), square)))];
  },
  stopGradient: noGradient,
  toInt: noGradient,
  toFloat: noGradient,

  reduceSum: ({ inputs: [x], attributes }, dy) => {
    return [broadcastTo(reshape(dy, keptShape(x!, attributes)), x!.shape)];
  },
  reduceMax: (y, dy) => {
    const x = y.inputs[0]!;
    const kept = keptShape(x, y.attributes);
    const isLargest = equal(x, reshape(y, kept));
    const shares = reduceSum(isLargest, y.attributes.axes as readonly number[]);
    return [mul(isLargest, reshape(div(dy, shares), kept))];
  },
  cumulativeSum: ({ attributes }, dy) => {
    const { axis, reverse: backwards } = attributes as { axis: number; reverse: boolean };
    return [cumulativeSum(dy, axis, { reverse: !backwards })];
  },
  broadcastTo: ({ inputs: [x] }, dy) => [sumTo(dy, x!.shape)],
  reshape: ({ inputs: [x] }, dy) => [reshape(dy, x!.shape)],
  transpose: ({ attributes }, dy) => {
    const permutation = attributes.permutation as readonly number[];
    return [
      transpose(
        dy,
        permutation.map((_, axis) => permutation.indexOf(axis)),
      ),
    ];
  },
  slice: ({ inputs: [x], attributes }, dy) => {
    if (dy.dtype === "i32") return [];
    const { axis, start, size, stride } = attributes as { axis: number; start: number; size: number; stride: number };
    const after = x!.shape[axis]! - start - (size - 1) * stride - 1;
    return [pad(dy, axis, start, after, { interior: stride - 1 })];
  },
  reverse: ({ attributes }, dy) => [reverse(dy, attributes.axes as readonly number[])],
  pad: ({ inputs: [x], attributes }, dy) => {
    const { axis, before, interior } = attributes as { axis: number; before: number; interior: number };
    return [slice(dy, axis, before, x!.shape[axis]!, interior + 1)];
  },
  concat: ({ inputs, attributes }, dy) => {
    const axis = attributes.axis as number;
    let start = 0;
    return inputs.map(({ shape }) => {
      const size = shape[axis]!;
      start += size;
      return slice(dy, axis, start - size, size);
    });
  },
  gather: ({ inputs: [table, indices] }, dy) => [scatterAdd(dy, indices!, table!.shape[0]!), undefined],
  scatterAdd: ({ inputs: [, indices] }, dy) => [gather(dy, indices!, { missing: "zero" }), undefined],
  conv2d: conv2dVjp,
  conv2dFilterGrad: conv2dFilterGradVjp,
  maxPool2d: (y, dy) => [maxPool2dGrad(dy, y.inputs[0]!, y)],
  maxPool2dGrad: () => {
    throw new TypeError("maxPool2d has no second gradient yet: its gradient was differentiated");
  },
  random: noGradient,
  advanceRandom: noGradient,

  standardise: ({ inputs: [x], attributes }, dy) => [standardiseGrad(dy, x!, attributes.epsilon as number)],
  standardiseGrad: () => {
    throw new TypeError("standardise has no second gradient yet: its gradient was differentiated");
  },
  softmax: (y, dy) => [softmaxGrad(dy, y)],
  softmaxGrad: softmaxGradVjp,
  logSoftmax: (y, dy) => {
    const last = y.shape.length - 1;
    const total = reshape(reduceSum(dy, [last]), [...y.shape.slice(0, last), 1]);
    return [sub(dy, mul(exp(y), total))];
  },
  softmaxCrossEntropy: ({ inputs: [logits, labels] }, dy) => [softmaxCrossEntropyGrad(logits!, labels!, dy)],
  softmaxCrossEntropyGrad: softmaxCrossEntropyGradVjp,
  numCorrect: noGradient,
};

/** z = y · (dy - s), s = Σ dy · y: its Jacobian in dy is symmetric; in y it is diagonal but for the s. */
function softmaxGradVjp({ inputs }: Tensor, dz: Tensor): readonly Tensor[] {
  const [dy, y] = inputs as [Tensor, Tensor];
  const last = y.shape.length - 1;
  const total = (x: Tensor): Tensor => reshape(reduceSum(x, [last]), [...y.shape.slice(0, last), 1]);
  return [softmaxGrad(dz, y), sub(mul(dz, sub(dy, total(mul(dy, y)))), mul(dy, total(mul(dz, y))))];
}

/** The shape of x with the reduced axes kept at size 1. */
function keptShape(x: Tensor, { axes }: Tensor["attributes"]): Shape {
  return x.shape.map((size, axis) => ((axes as readonly number[]).includes(axis) ? 1 : size));
}

/** dy to a where the condition holds, else to b. */
function chosen(condition: Tensor, a: Tensor, b: Tensor, dy: Tensor): readonly Tensor[] {
  const zero = constant(0);
  return [sumTo(where(condition, dy, zero), a.shape), sumTo(where(condition, zero, dy), b.shape)];
}

/** d aᵇ = b aᵇ⁻¹ da + aᵇ ln a db; the second term is 0 where a <= 0, as a limit and for whole exponents. */
function powVjp(y: Tensor, dy: Tensor): readonly (Tensor | undefined)[] {
  const [a, b] = y.inputs as [Tensor, Tensor];
  const da = mul(dy, mul(b, pow(a, sub(b, constant(1)))));
  if (constantValue(b) !== undefined) return [sumTo(da, a.shape), undefined];
  const isPositive = greater(a, constant(0));
  const logA = where(isPositive, log(where(isPositive, a, constant(1))), constant(0));
  return [sumTo(da, a.shape), sumTo(mul(dy, mul(y, logA)), b.shape)];
}

/** With A and B the operands as they are stored: d(AB) = dA·B + A·dB, transposed back to how each is stored. */
function matmulVjp({ inputs, attributes }: Tensor, dy: Tensor): readonly Tensor[] {
  const [a, b] = inputs as [Tensor, Tensor];
  const transposeA = attributes.transposeA === true;
  const transposeB = attributes.transposeB === true;
  return [
    transposeA
      ? matmul(b, dy, { transposeA: transposeB, transposeB: true })
      : matmul(dy, b, { transposeB: !transposeB }),
    transposeB
      ? matmul(dy, a, { transposeA: true, transposeB: transposeA })
      : matmul(a, dy, { transposeA: !transposeA }),
  ];
}

/**
 * z = dLosses · (p - onehot), p = softmax(logits). Through the logits: dLosses · p ∘ (dz - Σ dz ∘ p); through dLosses:
 * Σ dz ∘ (p - onehot), where p - onehot is the op itself at dLosses = 1.
 */
function softmaxCrossEntropyGradVjp({ inputs }: Tensor, dz: Tensor): readonly (Tensor | undefined)[] {
  const [logits, labels, dLosses] = inputs as [Tensor, Tensor, Tensor];
  const batch = labels.shape[0]!;
  const p = softmax(logits);
  const mean = reshape(reduceSum(mul(dz, p), [1]), [batch, 1]);
  const dLogits = mul(reshape(dLosses, [batch, 1]), mul(p, sub(dz, mean)));
  const residual = softmaxCrossEntropyGrad(logits, labels, constant(1, [batch]));
  return [dLogits, undefined, reduceSum(mul(dz, residual), [1])];
}
