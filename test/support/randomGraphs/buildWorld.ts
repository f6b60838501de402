import { createRng } from "../../../shared/base/rng.ts";
import { createGraph } from "../../../shared/graph/createGraph.ts";
import { gradients } from "../../../shared/graph/gradients/gradients.ts";
import * as ops from "../../../shared/graph/ops.ts";
import { numElements, sameShape } from "../../../shared/graph/shape.ts";
import type { Graph, Tensor, Update } from "../../../shared/graph/tensor.ts";
import { IntegerPool, shapedAs } from "./integerPool.ts";
import { runSteps } from "./integerSteps.ts";
import type { ProgramRecipe, WorldRecipe } from "./recipe.ts";

export interface WorldProgram {
  readonly graph: Graph;
  /** How many of the graph's outputs are whole numbers; gradients follow. */
  readonly numExact: number;
}

export interface World {
  readonly programs: readonly WorldProgram[];
  /** Values of every input at the start, by name and size: inputs of one name and size are one. */
  readonly values: ReadonlyMap<string, Float32Array>;
}

const SMALL_BOUND = 8;
/** Of inputs whose updates add up over the at most ten steps of a schedule: of the first, and of others, which may add it. */
const GROWN_BOUNDS = [2 ** 10, 2 ** 19];

export function inputKey({ attributes, shape }: Tensor): string {
  return `${attributes.name} ${numElements(shape)}`;
}

/** Traces the programs of a recipe; inputs begin with whole numbers from -4 to 4. */
export function buildWorld({ shared, programs, seed }: WorldRecipe): World {
  const rng = createRng("random graphs", seed);
  const bounds = shared.map((_, i) => {
    const own = programs.flatMap(({ updates }) => updates.filter(([which]) => which! % shared.length === i));
    return own.some(([, kind]) => GROWING.has(kind!)) ? GROWN_BOUNDS[Math.min(i, 1)]! : SMALL_BOUND;
  });
  const built = programs.map((recipe) => buildProgram(recipe, shared, bounds));
  const values = new Map<string, Float32Array>();
  for (const { graph } of built) {
    for (const input of graph.inputs) {
      if (values.has(inputKey(input))) continue;
      values.set(
        inputKey(input),
        Float32Array.from({ length: numElements(input.shape) }, () => rng.nextBelow(9) - 4),
      );
    }
  }
  return { programs: built, values };
}

function buildProgram(recipe: ProgramRecipe, shared: WorldRecipe["shared"], bounds: readonly number[]): WorldProgram {
  const params = shared.map((shape, i) => ops.input(`p${i}`, shape));
  const inputs = [...params, ops.input("x", recipe.shape)];
  const pool = new IntegerPool();
  inputs.forEach((input, i) => void pool.add(input, bounds[i] ?? SMALL_BOUND));
  runSteps(pool, recipe.steps);

  const results = pool.tensors.slice(inputs.length);
  const picked = results.length > 0 ? results.filter((_, i) => i >= results.length - 3 || i % 3 === 0) : [pool.pick(0)];
  const moves = new Map<Tensor, () => Tensor>();
  recipe.updates.forEach(([which, kind, pick], i) => {
    const target = params[which! % params.length]!;
    if (!moves.has(target)) moves.set(target, updateOf(pool, target, kind!, pool.pick(pick! + i)));
  });
  // As in training: all gradients first, then all new values.
  const updates: Update[] = [...moves].map(([target, move]) => ({ target, value: move() }));
  const loss = recipe.withGradients ? ops.reduceSum(ops.mul(picked.at(-1)!, ops.constant(2))) : undefined;
  const grads = loss ? gradients(loss, inputs) : [];
  return { graph: createGraph({ inputs, outputs: [...picked, ...grads], updates }), numExact: picked.length };
}

/** Kinds of updates that add to the old value. */
const GROWING: ReadonlySet<number> = new Set([0, 1, 2, 3, 4, 5]);

/** New values for an input, from what is made at once: as SGD makes them, of itself and another, or another's. */
function updateOf(pool: IntegerPool, target: Tensor, kind: number, source: Tensor): () => Tensor {
  const { shape } = target;
  if (kind < 4) {
    const gradient = gradientLike(pool, target, source, kind);
    const rate = kind < 2 ? ops.constant(2) : ops.reshape(shapedAs(pool.small(source, 1), [1]), []);
    return () => ops.sub(target, ops.mul(rate, gradient));
  }
  const fitted = shapedAs(pool.small(source), shape);
  switch (kind) {
    case 4:
      return () => ops.add(ops.mul(ops.constant(-1), target), fitted);
    case 5:
      return () => ops.relu(ops.add(fitted, ops.reverse(target, [...shape.keys()])));
    case 6:
      return () => ops.maximum(fitted, target);
    case 7: {
      // As it is: an input, a view of one, or a result that another update writes too.
      const isSmall = (one: Tensor): boolean => pool.bound(one) <= SMALL_BOUND && sameShape(one.shape, shape);
      return () => pool.tensors.find((one) => one !== target && isSmall(one)) ?? target;
    }
    default:
      return () => fitted;
  }
}

/** What the gradient of a layer looks like: a product of activations and cotangents, or sums over rows. */
function gradientLike(pool: IntegerPool, target: Tensor, source: Tensor, number: number): Tensor {
  const { shape } = target;
  const small = pool.small(source, 2);
  const isFirst = target === pool.tensors[0];
  /** A value as it lies in memory, the newest, or another input that is updated too. */
  const found = pool.tensors[number % 2 ? "find" : "findLast"](
    (one) => (pool.bound(one) <= SMALL_BOUND || (one === pool.tensors[0] && !isFirst)) && meets(one, target),
  );
  if (shape.length === 2) {
    const [rows, columns] = shape as [number, number];
    const x = found ?? shapedAs(pool.small(source, 2), [3, rows]);
    return ops.matmul(x, shapedAs(small, [x.shape[0]!, columns]), { transposeA: true });
  }
  if (shape.length === 1) return ops.reduceSum(shapedAs(small, [4, shape[0]!]), [0]);
  if (shape.length === 4 && shape[0]! < 4 && shape[1]! < 4) {
    const [height, width, channelsIn, channelsOut] = shape as [number, number, number, number];
    const x = found ?? shapedAs(pool.small(source, 2), [1, 3, 3, channelsIn]);
    const [batch, rows, columns] = x.shape as [number, number, number];
    const dy = shapedAs(small, [batch, rows - height + 1, columns - width + 1, channelsOut]);
    return ops.conv2dFilterGrad(x, dy, [height, width]);
  }
  return shapedAs(small, shape);
}

/** Whether a target of this shape may be the gradient of a product, or of a filter, that reads x. */
function meets({ shape: x }: Tensor, { shape }: Tensor): boolean {
  if (shape.length === 2) return x.length === 2 && x[1] === shape[0];
  return x.length === 4 && shape.length === 4 && x[3] === shape[2] && x[1]! >= shape[0]! && x[2]! >= shape[1]!;
}
