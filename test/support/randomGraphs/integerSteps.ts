import * as ops from "../../../shared/graph/ops.ts";
import { numElements, sameShape } from "../../../shared/graph/shape.ts";
import type { Shape, Tensor } from "../../../shared/graph/tensor.ts";
import { attempt, IntegerPool, rounded, shapedAs } from "./integerPool.ts";
import type { RecipeStep } from "./recipe.ts";

interface Step extends RecipeStep {
  readonly pool: IntegerPool;
  /** The newest tensors, by `picks`. */
  readonly x: Tensor;
  readonly y: Tensor;
  readonly z: Tensor;
  /** Argument `i` within 0 .. below - 1. */
  arg(i: number, below: number): number;
}

/** Adds what one op makes of the pool's tensors; nothing where none fit. */
type RunStep = (step: Step) => void;

type Binary = (a: Tensor, b: Tensor) => Tensor;

function binary(op: Binary, boundOf: (a: number, b: number) => number): RunStep {
  return ({ pool, x, picks, args }) => {
    const found = pool.partner(picks[1]!, (y) => (args[0]! % 2 ? op(x, y) : op(y, x)));
    if (found) pool.add(found.result, boundOf(pool.bound(x), pool.bound(found.other)));
  };
}

/** A function of whole numbers below 8, rounded to whole numbers: none of them lies near a half. */
function curve(op: (x: Tensor) => Tensor, scale: number, bound: number): RunStep {
  return ({ pool, x }) => pool.add(rounded(op(pool.small(x)), scale), bound);
}

const positive = (x: Tensor): Tensor => ops.add(ops.abs(x), ops.constant(1));

function axesOf({ x, arg }: Step): number[] {
  return x.shape.flatMap((_, axis) => (arg(axis, 2) ? [axis] : []));
}

/** Another shape of as many elements: two axes merged, or one divided. */
function reshaped({ x, arg }: Step): Shape {
  const { shape } = x;
  if (shape.length === 0) return [1];
  const axis = arg(0, shape.length);
  const size = shape[axis]!;
  if (arg(1, 2) && axis + 1 < shape.length) return shape.toSpliced(axis, 2, size * shape[axis + 1]!);
  const factor = arg(2, 3) + 1;
  return size % factor === 0 && shape.length < 5
    ? shape.toSpliced(axis, 1, factor, size / factor)
    : [numElements(shape)];
}

/** x as images. */
function images({ x, pool, arg }: Step): Tensor {
  return shapedAs(pool.small(x), [arg(0, 2) + 1, arg(1, 5) + 1, arg(2, 5) + 1, arg(3, 3) + 1]);
}

function windowOptions({ arg, args }: Step): ops.WindowOptions {
  const padding = [arg(2, 2), arg(3, 3), arg(0, 2), arg(1, 3)] as const;
  return {
    strides: [arg(4, 3) + 1, arg(5, 2) + 1],
    dilations: [arg(6, 2) + 1, arg(7, 3) + 1],
    padding: args[4]! % 2 ? [0, 0, 0, 0] : padding,
  };
}

/** Numbers of rows below `rows`, or a few beyond either end. */
function rowNumbers(x: Tensor, rows: number, isWithin: boolean): Tensor {
  const within = ops.minimum(ops.abs(x), ops.constant(rows - 1));
  return ops.toInt(isWithin ? within : ops.minimum(x, ops.constant(rows)));
}

/** Labels for the rows of logits. */
function labelsFor(logits: Tensor, y: Tensor): Tensor {
  const [batch, classes] = logits.shape as [number, number];
  return rowNumbers(shapedAs(y, [batch]), classes, true);
}

function logitsOf({ x, pool, arg }: Step): Tensor {
  return shapedAs(pool.small(x), [arg(0, 4) + 1, arg(1, 5) + 1]);
}

/** A loop: carries of x and y, items of z, all of x besides. */
function loop({ pool, x, y, z, arg, body }: Step): void {
  const length = arg(0, 4) + 1;
  const carry = [pool.small(x), ...(arg(1, 2) ? [pool.small(y)] : [])];
  const items = z.shape[0] === length ? z : shapedAs(z, [length, ...y.shape.slice(1)]);
  const sequences = arg(2, 3) ? [pool.small(items)] : [];
  const constants = arg(3, 2) ? [pool.small(z)] : [];
  const { carry: last, outputs } = ops.scan({
    length,
    carry,
    sequences,
    constants,
    reverse: arg(4, 2) === 1,
    step(states, inItems, fixed) {
      const inner = new IntegerPool();
      for (const tensor of [...fixed, ...inItems, ...states]) inner.add(tensor, 8);
      runSteps(inner, body);
      // A carry may also become another, or stay as it is.
      const next = states.map(({ shape }, i) => {
        const other = states[states.length - 1 - i]!;
        if (arg(5, 3) === 0) return sameShape(other.shape, shape) ? other : states[i]!;
        return carried(inner, shape, i + arg(6, 2));
      });
      return { carry: next, outputs: arg(7, 2) ? [inner.small(inner.pick(0)), inner.small(inner.pick(1))] : [] };
    },
  });
  for (const tensor of [...outputs, ...last]) pool.add(tensor, 8);
}

/** Small values of the shape of a carry: as they are where some have that shape, else made to fit. */
function carried(pool: IntegerPool, shape: Shape, number: number): Tensor {
  const same = pool.tensors.filter((one) => sameShape(one.shape, shape));
  return number % 2 && same.length > 0 ? pool.small(same.at(-1)!) : shapedAs(pool.small(pool.pick(number)), shape);
}

const table: Readonly<Record<string, RunStep>> = {
  add: binary(ops.add, (a, b) => a + b),
  sub: binary(ops.sub, (a, b) => a + b),
  mul: binary(ops.mul, (a, b) => a * b),
  maximum: binary(ops.maximum, Math.max),
  minimum: binary(ops.minimum, Math.max),
  greater: binary(ops.greater, () => 1),
  greaterEqual: binary(ops.greaterEqual, () => 1),
  equal: binary(ops.equal, () => 1),
  mulAdd({ pool, x, y, picks, args }) {
    const scaled = attempt(() => ops.mul(pool.small(x), pool.small(y)));
    if (!scaled) return;
    const forms = [ops.sub, ops.add, (z: Tensor, product: Tensor) => ops.add(product, z)];
    const found = pool.partner(picks[2]!, (z) => forms[args[0]! % 3]!(pool.small(z), scaled));
    if (found) pool.add(found.result, 72);
  },
  where({ pool, x, y, picks }) {
    const found = pool.partner(picks[2]!, (z) => ops.where(x, y, z));
    if (found) pool.add(found.result, Math.max(pool.bound(y), pool.bound(found.other)));
  },
  floorOfQuotient: ({ pool, x, picks }) => {
    const found = pool.partner(picks[1]!, (y) => ops.div(pool.small(x), positive(pool.small(y))));
    if (found) pool.add(ops.floor(found.result), 8);
  },
  neg: ({ pool, x }) => pool.add(ops.neg(x), pool.bound(x)),
  abs: ({ pool, x }) => pool.add(ops.abs(x), pool.bound(x)),
  relu: ({ pool, x }) => pool.add(ops.relu(x), pool.bound(x)),
  floorOfHalf: ({ pool, x }) => pool.add(ops.floor(ops.mul(x, ops.constant(0.5))), pool.bound(x)),
  toInt: ({ pool, x }) => pool.add(ops.toFloat(ops.toInt(x)), pool.bound(x)),
  stopGradient: ({ pool, x }) => pool.add(ops.stopGradient(x), pool.bound(x)),
  tanh: curve(ops.tanh, 4, 4),
  sigmoid: curve(ops.sigmoid, 4, 4),
  erf: curve(ops.erf, 4, 4),
  exp: curve((x) => ops.exp(ops.minimum(x, ops.constant(3))), 1, 20),
  gelu: curve(ops.gelu, 1, 8),
  sin: curve(ops.sin, 4, 4),
  cos: curve(ops.cos, 4, 4),
  sqrt: curve((x) => ops.sqrt(ops.abs(x)), 1, 8),
  rsqrt: curve((x) => ops.rsqrt(positive(x)), 4, 4),
  log: curve((x) => ops.log(positive(x)), 4, 16),
  pow: curve((x) => ops.pow(positive(x), ops.constant(2)), 1, 100),
  softmax: ({ pool, x }) => {
    if (x.shape.length > 0) pool.add(rounded(ops.softmax(pool.small(x)), 8), 8);
  },
  logSoftmax: ({ pool, x }) => {
    if (x.shape.length > 0) pool.add(rounded(ops.logSoftmax(pool.small(x)), 4), 100);
  },
  softmaxGrad: ({ pool, x, y }) => {
    if (x.shape.length === 0) return;
    pool.add(ops.softmaxGrad(pool.small(x), shapedAs(pool.small(y), x.shape)), 64 * (numElements(x.shape) + 1) * 8);
  },
  standardise: ({ pool, x, y }) => {
    if (x.shape.length === 0) return;
    const small = pool.small(x);
    pool.add(rounded(ops.stopGradient(ops.standardise(small, 0.3)), 4), 128);
    const dy = shapedAs(pool.small(y), x.shape);
    pool.add(rounded(ops.stopGradient(ops.standardiseGrad(dy, small, 0.3)), 2), 1024);
  },
  crossEntropy(step) {
    const logits = logitsOf(step);
    const labels = labelsFor(logits, step.pool.small(step.y));
    step.pool.add(rounded(ops.softmaxCrossEntropy(logits, labels), 4), 100);
    const dLosses = shapedAs(step.pool.small(step.z), [logits.shape[0]!]);
    step.pool.add(rounded(ops.stopGradient(ops.softmaxCrossEntropyGrad(logits, labels, dLosses)), 4), 32);
    step.pool.add(ops.numCorrect(logits, labels), 8);
  },
  reluGrad: ({ pool, x, y }) => pool.add(ops.reluGrad(x, shapedAs(y, x.shape)), pool.bound(x)),
  tanhGrad: ({ pool, x, y }) => pool.add(ops.tanhGrad(pool.small(x), shapedAs(pool.small(y), x.shape)), 8 * 65),
  sigmoidGrad: ({ pool, x, y }) => pool.add(ops.sigmoidGrad(pool.small(x), shapedAs(pool.small(y), x.shape)), 8 * 72),
  geluGrad: ({ pool, x, y }) =>
    pool.add(rounded(ops.stopGradient(ops.geluGrad(pool.small(x), shapedAs(pool.small(y), x.shape)))), 16),

  matmul({ pool, x, y, arg }) {
    const options = { transposeA: arg(0, 2) === 1, transposeB: arg(1, 2) === 1 };
    const a = x.shape.length < 2 ? shapedAs(pool.small(x), [arg(2, 9) + 1, arg(3, 9) + 1]) : pool.small(x);
    const isMatrix = arg(4, 3) === 0 && !(options.transposeA && a.shape.length > 2);
    const inner = a.shape.at(options.transposeA ? -2 : -1)!;
    const columns = arg(5, 9) + 1;
    const stack = isMatrix ? [] : a.shape.slice(0, -2);
    const other = options.transposeB ? [columns, inner] : [inner, columns];
    const found = pool.partner(arg(6, 9), (one) => ops.matmul(a, pool.small(one), options));
    const b = shapedAs(pool.small(y), [...stack, ...other]);
    pool.add(arg(7, 2) && found ? found.result : ops.matmul(a, b, options), 64 * 1200);
  },
  matmulOfViews({ pool, x, y, arg }) {
    const turn = (one: Tensor, i: number): Tensor => {
      const swapped = arg(i, 2) ? ops.transpose(one) : one;
      const sliced = arg(i + 1, 3) === 0 ? ops.slice(swapped, 0, 0, Math.ceil(swapped.shape[0]! / 2), 2) : swapped;
      return arg(i + 2, 3) === 0 ? ops.reverse(sliced, [arg(i, 2)]) : sliced;
    };
    const a = turn(shapedAs(pool.small(x), [arg(0, 9) + 1, arg(1, 9) + 1]), 2);
    const b = turn(shapedAs(pool.small(y), [arg(6, 9) + 1, arg(7, 9) + 1]), 4);
    const inner = Math.min(a.shape[1]!, b.shape[0]!);
    pool.add(ops.matmul(ops.slice(a, 1, 0, inner), ops.slice(b, 0, b.shape[0]! - inner, inner)), 64 * 9);
  },
  dense({ pool, x, y, z, arg }) {
    const a = shapedAs(pool.small(x), [arg(0, 9) + 1, arg(1, 9) + 1]);
    const columns = arg(2, 9) + 1;
    const linear = ops.matmul(a, shapedAs(pool.small(y), [a.shape[1]!, columns]));
    const sum = arg(3, 4) ? ops.add(linear, shapedAs(pool.small(z), [columns])) : linear;
    pool.add(arg(4, 3) ? ops.relu(sum) : sum, 64 * 9 + 8);
    if (arg(5, 4) === 0) pool.add(linear, 64 * 9);
  },
  conv2d(step) {
    const { pool, y, z, arg } = step;
    const x = images(step);
    const w = shapedAs(pool.small(y), [arg(5, 3) + 1, arg(6, 3) + 1, x.shape[3]!, arg(7, 5) + 1]);
    const result = attempt(() => ops.conv2d(x, w, windowOptions(step)));
    if (!result) return;
    const biased = arg(4, 3) === 0 ? ops.relu(ops.add(result, shapedAs(pool.small(z), [w.shape[3]!]))) : result;
    pool.add(biased, 64 * 27 + 8);
  },
  conv2dFilterGrad(step) {
    const { pool, y, arg } = step;
    const x = images(step);
    const kernel = [arg(5, 3) + 1, arg(6, 3) + 1] as const;
    const options = windowOptions(step);
    const result = attempt(() => {
      const forward = ops.conv2d(x, ops.constant(0, [...kernel, x.shape[3]!, arg(7, 5) + 1]), options);
      return ops.conv2dFilterGrad(x, shapedAs(pool.small(y), forward.shape), kernel, options);
    });
    if (result) pool.add(result, 64 * 600);
  },
  maxPool2d(step) {
    const { pool, y, arg } = step;
    const x = images(step);
    const kernel = [arg(5, 3) + 1, arg(6, 3) + 1] as const;
    const pooled = attempt(() => ops.maxPool2d(x, kernel, windowOptions(step)));
    if (!pooled) return;
    const dy = shapedAs(pool.small(y), pooled.shape);
    if (arg(7, 2)) pool.add(ops.stopGradient(ops.maxPool2dGrad(dy, x, pooled)), 8 * 9);
    // A window of padding alone holds -infinity.
    pool.add(ops.maximum(pooled, ops.constant(-8)), 8);
  },

  reduceSum(step) {
    const { pool, x } = step;
    pool.add(ops.reduceSum(x, axesOf(step)), pool.bound(x) * numElements(x.shape));
  },
  reduceMax(step) {
    const { pool, x } = step;
    pool.add(ops.stopGradient(ops.reduceMax(x, axesOf(step))), pool.bound(x));
  },
  cumulativeSum({ pool, x, arg }) {
    if (x.shape.length === 0) return;
    const axis = arg(0, x.shape.length);
    pool.add(ops.cumulativeSum(x, axis, { reverse: arg(1, 2) === 1 }), pool.bound(x) * x.shape[axis]!);
  },
  transpose({ pool, x, args }) {
    const order = x.shape.map((_, axis) => axis).sort((a, b) => args[a]! - args[b]! || b - a);
    pool.add(ops.transpose(x, order), pool.bound(x));
  },
  reshape: (step) => step.pool.add(ops.reshape(step.x, reshaped(step)), step.pool.bound(step.x)),
  slice({ pool, x, arg }) {
    if (x.shape.length === 0) return;
    const axis = arg(0, x.shape.length);
    const start = arg(1, x.shape[axis]!);
    const stride = arg(2, 3) + 1;
    const size = arg(3, Math.floor((x.shape[axis]! - start - 1) / stride) + 1) + 1;
    pool.add(ops.slice(x, axis, start, size, stride), pool.bound(x));
  },
  reverse: (step) => step.pool.add(ops.reverse(step.x, axesOf(step)), step.pool.bound(step.x)),
  pad({ pool, x, arg }) {
    if (x.shape.length === 0) return;
    const value = arg(4, 9) - 4;
    const options = { interior: arg(3, 3), value };
    pool.add(ops.pad(x, arg(0, x.shape.length), arg(1, 3), arg(2, 3), options), Math.max(pool.bound(x), 4));
  },
  concat({ pool, x, picks, arg }) {
    if (x.shape.length === 0) return;
    const axis = arg(0, x.shape.length);
    const found = pool.partner(picks[1]!, (y) => ops.concat(arg(1, 2) ? [x, y] : [y, x, y], axis));
    if (found) pool.add(found.result, Math.max(pool.bound(x), pool.bound(found.other)));
  },
  broadcastTo({ pool, x, arg }) {
    const stretched = x.shape.map((size) => (size === 1 ? arg(1, 4) + 1 : size));
    const shape = arg(0, 2) && stretched.length < 4 ? [arg(2, 3) + 1, ...stretched] : stretched;
    pool.add(ops.broadcastTo(x, shape), pool.bound(x));
  },
  gather({ pool, x, y, arg }) {
    if (x.shape.length === 0) return;
    const indices = rowNumbers(shapedAs(pool.small(y), [arg(0, 3) + 1, arg(1, 4) + 1]), x.shape[0]!, true);
    pool.add(ops.gather(x, arg(2, 2) ? ops.transpose(indices) : indices), pool.bound(x));
  },
  scatterAdd({ pool, x, y, arg }) {
    if (x.shape.length === 0) return;
    const rows = arg(0, 6) + 1;
    // A row that is left out takes NaN for its gradient, so none flows here.
    const indices = rowNumbers(shapedAs(pool.small(y), [x.shape[0]!]), rows, arg(1, 3) > 0);
    const sums = ops.scatterAdd(x, indices, rows);
    pool.add(arg(1, 3) > 0 ? sums : ops.stopGradient(sums), pool.bound(x) * x.shape[0]!);
  },
  literal({ pool, args, arg }) {
    pool.add(
      ops.literal(
        args.slice(0, arg(7, 8) + 1).map((value) => value - 4),
        [arg(7, 8) + 1],
      ),
      8,
    );
  },
  constant: ({ pool, x, arg }) => pool.add(ops.constant(arg(0, 9) - 4, arg(1, 2) ? x.shape : []), 8),
  random({ pool, x, arg, args }) {
    const state = ops.literal([args[0]!, args[1]!, args[2]!], [3], "i32");
    const drawn = ops.random(arg(3, 2) ? ops.advanceRandom(state, arg(4, 5) + 1) : state, x.shape, arg(5, 3));
    pool.add(ops.floor(ops.mul(drawn, ops.constant(8))), 8);
  },
  scan: loop,
};

/** Loops, products and sums come up more often than others. */
const weighted = [
  ...Object.keys(table),
  "scan",
  "scan",
  "scan",
  "matmul",
  "dense",
  "mul",
  "add",
  "sub",
  "transpose",
  "slice",
  "mulAdd",
];

/** Runs the instructions on a pool that is not empty. */
export function runSteps(pool: IntegerPool, steps: readonly RecipeStep[]): void {
  for (const step of steps) {
    const [x, y, z] = step.picks.map((number) => pool.pick(number)) as [Tensor, Tensor, Tensor];
    const arg = (i: number, below: number): number => step.args[i]! % below;
    table[weighted[step.op % weighted.length]!]!({ ...step, pool, x, y, z, arg });
  }
}
