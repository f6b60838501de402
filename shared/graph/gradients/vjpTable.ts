import { reluGrad, sigmoidGrad, tanhGrad } from "../ops/activations.ts";
import { softmax, softmaxCrossEntropyGrad } from "../ops/classification.ts";
import { div, mul, neg, sub, where } from "../ops/elementwise.ts";
import { constant } from "../ops/leaves.ts";
import { matmul } from "../ops/matmul.ts";
import { reduceSum } from "../ops/reduce.ts";
import { broadcastTo, pad, reshape, slice, transpose } from "../ops/shaping.ts";
import type { PrimitiveOp } from "../opset.ts";
import type { Tensor } from "../tensor.ts";
import { sumTo } from "./sumTo.ts";
import type { Vjp } from "./vjp.ts";

/** Ops whose gradient is not a row of the table: leaves have none, a scan's is in scanVjp.ts. */
type WithoutRow = "input" | "constant" | "scan" | "scanOutput";

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
  greater: noGradient,
  where: ({ inputs: [condition, a, b] }, dy) => {
    const zero = constant(0);
    return [undefined, sumTo(where(condition!, dy, zero), a!.shape), sumTo(where(condition!, zero, dy), b!.shape)];
  },

  relu: (y, dy) => [reluGrad(dy, y)],
  tanh: (y, dy) => [tanhGrad(dy, y)],
  sigmoid: (y, dy) => [sigmoidGrad(dy, y)],
  // Each is linear in its dy; the second row is the derivative of its factor: 0, 1 - y², y - y².
  reluGrad: ({ inputs: [, y] }, dz) => [reluGrad(dz, y!), undefined],
  tanhGrad: ({ inputs: [dy, y] }, dz) => [tanhGrad(dz, y!), mul(mul(dz, dy!), mul(constant(-2), y!))],
  sigmoidGrad: ({ inputs: [dy, y] }, dz) => [
    sigmoidGrad(dz, y!),
    mul(mul(dz, dy!), sub(constant(1), mul(constant(2), y!))),
  ],

  reduceSum: ({ inputs: [x], attributes }, dy) => {
    const axes = attributes.axes as readonly number[];
    const kept = x!.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
    return [broadcastTo(reshape(dy, kept), x!.shape)];
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
    const { axis, start, size } = attributes as { axis: number; start: number; size: number };
    return [pad(dy, axis, start, x!.shape[axis]! - start - size)];
  },
  pad: ({ inputs: [x], attributes }, dy) => {
    const { axis, before } = attributes as { axis: number; before: number };
    return [slice(dy, axis, before, x!.shape[axis]!)];
  },

  softmax: (y, dy) => {
    const weighted = mul(dy, y);
    const last = y.shape.length - 1;
    const total = reshape(reduceSum(weighted, [last]), [...y.shape.slice(0, last), 1]);
    return [sub(weighted, mul(y, total))];
  },
  softmaxCrossEntropy: ({ inputs: [logits, labels] }, dy) => [softmaxCrossEntropyGrad(logits!, labels!, dy)],
  softmaxCrossEntropyGrad: softmaxCrossEntropyGradVjp,
  numCorrect: noGradient,
};

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
