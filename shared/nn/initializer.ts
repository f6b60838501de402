import type { Rng } from "../base/rng.ts";
import { assertShape, numElements } from "../graph/shape.ts";
import type { Shape } from "../graph/tensor.ts";

/** How one array of a layer begins. Its shape is known without drawing a number. */
export interface Initializer {
  readonly shape: Shape;
  readonly kind: "trainable" | "statistic";
  readonly scope: "shared" | "private";
  /** Fills the array in row-major order. */
  fill(values: Float32Array, rng: Rng): void;
}

interface InitializerOptions {
  readonly kind?: Initializer["kind"];
  readonly scope?: Initializer["scope"];
}

/** All zero; takes nothing from the generator. */
export function zeros(shape: Shape, options?: InitializerOptions): Initializer {
  return initializer(shape, options, (values) => values.fill(0));
}

/** Uniform over [low, high), rounded to f32. */
function uniform(shape: Shape, low: number, high: number, options?: InitializerOptions): Initializer {
  return initializer(shape, options, (values, rng) => {
    for (let i = 0; i < numElements(shape); i++) values[i] = low + (high - low) * rng.nextFloat();
  });
}

/** Uniform in ±sqrt(6 / fanIn), for what a ReLU follows. Source: He et al. 2015, eq. 10, arXiv:1502.01852. */
export function heUniform(shape: Shape, fanIn: number): Initializer {
  const bound = Math.sqrt(6 / fanIn);
  return uniform(shape, -bound, bound);
}

/** Uniform in ±sqrt(6 / (fanIn + fanOut)), for tanh and sigmoid. Source: Glorot and Bengio 2010, eq. 16. */
export function glorotUniform(shape: Shape, fanIn: number, fanOut: number): Initializer {
  const bound = Math.sqrt(6 / (fanIn + fanOut));
  return uniform(shape, -bound, bound);
}

function initializer(shape: Shape, options: InitializerOptions = {}, fill: Initializer["fill"]): Initializer {
  assertShape("shape", shape);
  return { shape, kind: options.kind ?? "trainable", scope: options.scope ?? "shared", fill };
}
