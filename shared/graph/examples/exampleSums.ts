import { conv2dFilterGrad, windowAttributes } from "../ops/convolution.ts";
import { constantValue } from "../ops/leaves.ts";
import { add, constant, equal, matmul, mul, reduceSum, reshape, scan, toFloat, transpose } from "../ops.ts";
import { withInputs } from "../rewrite.ts";
import { numElements } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { type BatchLayout, findExamples, isMixed } from "./batchLayout.ts";

/** A tensor that is a sum over the examples of a batch, of one term each, none of which is stored. */
export interface ExampleSum {
  /** Squared length of each example's term, [batch]. */
  squaredNorms(): Tensor;
  /** The sum with each term times its example's factor, [batch]. */
  weighted(factors: Tensor): Tensor;
}

interface Examples {
  readonly batch: number;
  readonly layouts: ReadonlyMap<Tensor, BatchLayout>;
}

/**
 * Takes the gradient of a param (of the sum of the losses) apart into its examples, if it is a form that says where they
 * are: a product of activations with cotangents, a sum over rows, rows added to a table, the gradient of a filter, or
 * these beside each other, under a change of shape. `undefined` for any other.
 * Source: Goodfellow 2015, arXiv:1510.01799 (one row an example); Li et al. 2022, section 4, arXiv:2110.05679 (several).
 */
export function exampleSum(gradient: Tensor, examples: Examples): ExampleSum | undefined {
  // Node by node: a part that stands beside itself again and again would be met 2, 4, 8, ... times.
  const reached = new Set([gradient]);
  for (const node of reached) if (isMadeOfParts(node)) for (const part of node.inputs) reached.add(part);
  const order = [...reached].sort((a, b) => a.id - b.id);
  const terms = new Map<Tensor, ExampleSum>();
  for (const node of order) {
    if (isMadeOfParts(node)) continue;
    const term = sumOfTerm(node, examples);
    if (!term) return undefined;
    terms.set(node, term);
  }
  const join = (ofTerm: (term: ExampleSum) => Tensor, ofParts: (node: Tensor, parts: readonly Tensor[]) => Tensor) => {
    const values = new Map<Tensor, Tensor>();
    for (const node of order) {
      const term = terms.get(node);
      const parts = term ? [] : node.inputs.map((part) => values.get(part)!);
      values.set(node, term ? ofTerm(term) : ofParts(node, parts));
    }
    return values.get(gradient)!;
  };
  return {
    squaredNorms: () =>
      join(
        (term) => term.squaredNorms(),
        (_, norms) => norms.reduce((a, b) => add(a, b)),
      ),
    weighted: (factors) => join((term) => term.weighted(factors), withInputs),
  };
}

const OF_PARTS: ReadonlySet<string> = new Set(["reshape", "transpose", "reverse", "neg", "pad", "concat"]);

/** Whether the values only change their place or their sign, and stand beside each other. */
function isMadeOfParts({ op, attributes }: Tensor): boolean {
  return OF_PARTS.has(op) && (op !== "pad" || attributes.value === 0);
}

function sumOfTerm(gradient: Tensor, examples: Examples): ExampleSum | undefined {
  if (constantValue(gradient) === 0) {
    return { squaredNorms: () => constant(0, [examples.batch]), weighted: () => gradient };
  }
  return gradient.inputs.some((source) => isMixed(examples.layouts.get(source)))
    ? undefined
    : sumOverExamples(gradient, examples);
}

function sumOverExamples(gradient: Tensor, examples: Examples): ExampleSum | undefined {
  switch (gradient.op) {
    case "matmul":
      return sumOfProducts(gradient, examples);
    case "reduceSum":
      return sumOfRows(gradient, examples);
    case "scatterAdd":
      return sumOfTableRows(gradient, examples);
    case "conv2dFilterGrad":
      return sumOfFilterGradients(gradient, examples);
    default:
      return undefined;
  }
}

/** a [rows, m], dy [rows, n] -> aᵀ·dy; of each example one row, or several. */
function sumOfProducts(gradient: Tensor, examples: Examples): ExampleSum | undefined {
  const [a, dy] = gradient.inputs as [Tensor, Tensor];
  if (gradient.shape.length !== 2) return undefined;
  const rowsFirst = { a: gradient.attributes.transposeA === true, dy: gradient.attributes.transposeB !== true };
  const atA = findRows(a, examples);
  const atDy = findRows(dy, examples);
  const at = atDy ?? atA;
  const meets = (found: Found | undefined, isFirst: boolean): boolean => !found || found.axis === (isFirst ? 0 : 1);
  if (!at || !meets(atA, rowsFirst.a) || !meets(atDy, rowsFirst.dy)) return undefined;
  if (atA && atDy && atA.after !== atDy.after) return undefined;
  return {
    squaredNorms() {
      const left = rowsOf(rowsFirst.a ? a : transpose(a), at, examples.batch);
      const right = rowsOf(rowsFirst.dy ? dy : transpose(dy), at, examples.batch);
      const [, rows, m] = left.shape as [number, number, number];
      const n = right.shape[2]!;
      if (rows === 1) return mul(sumSquares(left), sumSquares(right)); // |a·dyᵀ|² = |a|² |dy|²
      if (rows * (m + n) > m * n) return sumSquares(matmul(left, right, { transposeA: true }));
      // |Σ aₜ·dyₜᵀ|² = Σ (aₜ·aₛ)(dyₜ·dyₛ): fewer operations where rows are few.
      const [gramA, gramDy] = [left, right].map((x) => matmul(x, x, { transposeB: true })) as [Tensor, Tensor];
      return reduceSum(mul(gramA, gramDy), [1, 2]);
    },
    weighted(factors) {
      const useDy = atDy && (!atA || numElements(dy.shape) <= numElements(a.shape));
      return withInputs(
        gradient,
        useDy ? [a, weightExamples(dy, factors, examples)] : [weightExamples(a, factors, examples), dy],
      );
    },
  };
}

function sumOfRows(gradient: Tensor, examples: Examples): ExampleSum | undefined {
  const x = gradient.inputs[0]!;
  const at = findRows(x, examples);
  const axes = gradient.attributes.axes as readonly number[];
  if (!at || !axes.includes(at.axis)) return undefined;
  return {
    squaredNorms() {
      // The batch as an axis of its own, at.axis + 1; then what the gradient sums over, but for the batch.
      const { batch } = examples;
      const { axis, before, after } = at;
      const split = reshape(x, [...x.shape.slice(0, axis), before, batch, after, ...x.shape.slice(axis + 1)]);
      const summed = axes.flatMap((k) => (k < axis ? [k] : k === axis ? [axis, axis + 2] : [k + 2]));
      const terms = reduceSum(split, summed);
      const batchAxis = axis + 1 - summed.filter((k) => k <= axis).length;
      const others = terms.shape.map((_, k) => k).filter((k) => k !== batchAxis);
      return reduceSum(mul(terms, terms), others);
    },
    weighted: (factors) => withInputs(gradient, [weightExamples(x, factors, examples)]),
  };
}

/** Rows of x added to rows of a table. Two of an example meet where they name the same row. */
function sumOfTableRows(gradient: Tensor, examples: Examples): ExampleSum | undefined {
  const [x, indices] = gradient.inputs as [Tensor, Tensor];
  const at = findRows(x, examples);
  const item = numElements(x.shape.slice(indices.shape.length));
  if (!at || at.axis >= indices.shape.length) return undefined;
  const stride = examples.layouts.get(x) as number;
  const flat = { axis: 0, after: stride / item, before: numElements(x.shape) / (stride * examples.batch) };
  return {
    squaredNorms() {
      const rows = rowsOf(reshape(x, [numElements(indices.shape), item]), flat, examples.batch);
      if (rows.shape[1] === 1) return sumSquares(rows);
      const names = rowsOf(reshape(toFloat(indices), [numElements(indices.shape), 1]), flat, examples.batch);
      const meets = equal(names, transpose(names, [0, 2, 1]));
      return reduceSum(mul(matmul(rows, rows, { transposeB: true }), meets), [1, 2]);
    },
    weighted: (factors) => withInputs(gradient, [weightExamples(x, factors, examples), indices]),
  };
}

/** A loop over the examples: what it computes is what the sum itself takes, and one term at a time is stored. */
function sumOfFilterGradients(gradient: Tensor, examples: Examples): ExampleSum | undefined {
  const [x, dy] = gradient.inputs as [Tensor, Tensor];
  const atX = findRows(x, examples);
  const atDy = findRows(dy, examples);
  const isPlain = (at: Found | undefined): boolean => at?.axis === 0 && at.before === 1;
  if (!isPlain(atX) || !isPlain(atDy) || atX!.after !== atDy!.after) return undefined;
  const windows = windowAttributes(gradient);
  const byExample = (tensor: Tensor): Tensor => reshape(tensor, [examples.batch, atX!.after, ...tensor.shape.slice(1)]);
  return {
    squaredNorms() {
      const { outputs } = scan({
        carry: [],
        sequences: [byExample(x), byExample(dy)],
        step(_, [image, cotangent]) {
          const term = conv2dFilterGrad(image!, cotangent!, windows.kernel, windows);
          return { carry: [], outputs: [reduceSum(mul(term, term))] };
        },
      });
      return outputs[0]!;
    },
    weighted: (factors) => withInputs(gradient, [x, weightExamples(dy, factors, examples)]),
  };
}

type Found = NonNullable<ReturnType<typeof findExamples>>;

function findRows(tensor: Tensor, { layouts, batch }: Examples): Found | undefined {
  const stride = layouts.get(tensor);
  return typeof stride === "number" ? findExamples(tensor.shape, stride, batch) : undefined;
}

/** A matrix of before · batch · after rows as [batch, rows of an example, columns]. */
function rowsOf(matrix: Tensor, { before, after }: Found, batch: number): Tensor {
  const columns = matrix.shape[1]!;
  const split = reshape(matrix, [before, batch, after, columns]);
  return reshape(before === 1 ? split : transpose(split, [1, 0, 2, 3]), [batch, before * after, columns]);
}

/** Σ x² over all axes but the first. */
function sumSquares(x: Tensor): Tensor {
  return reduceSum(
    mul(x, x),
    x.shape.slice(1).map((_, k) => k + 1),
  );
}

/** The elements of each example times its factor. */
function weightExamples(x: Tensor, factors: Tensor, { batch, layouts }: Examples): Tensor {
  const stride = layouts.get(x) as number;
  const outer = numElements(x.shape) / (batch * stride);
  return reshape(mul(reshape(x, [outer, batch, stride]), reshape(factors, [1, batch, 1])), x.shape);
}
