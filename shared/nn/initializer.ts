import { cos, log, sin } from "../base/math.ts";
import type { Rng } from "../base/rng.ts";
import { assertShape } from "../graph/shape.ts";
import type { Shape } from "../graph/tensor.ts";
import type { ParamsEntry } from "../params/paramsSpec.ts";

/** How one array of a layer begins. Its shape is known without drawing a number. */
export interface Initializer {
  readonly shape: Shape;
  readonly kind: ParamsEntry["kind"];
  readonly scope: ParamsEntry["scope"];
  /** Products that filling takes, where it takes many for each value. */
  readonly products?: number;
  /** Fills the array in row-major order. */
  fill(values: Float32Array, rng: Rng): void;
}

export interface InitializerOptions {
  /** "trainable" when absent. */
  readonly kind?: Initializer["kind"];
  /** "shared" when absent. */
  readonly scope?: Initializer["scope"];
}

/** Glue between a fill and a shape. @throws RangeError unless every size is a whole number >= 1. */
export function initializer(
  shape: Shape,
  options: InitializerOptions | undefined,
  fill: Initializer["fill"],
): Initializer {
  assertShape("shape", shape);
  return { shape, kind: options?.kind ?? "trainable", scope: options?.scope ?? "shared", fill };
}

/** All zero; takes nothing from the generator. */
export function zeros(shape: Shape, options?: InitializerOptions): Initializer {
  return filled(shape, 0, options);
}

/** The same value everywhere; takes nothing from the generator. */
export function filled(shape: Shape, value: number, options?: InitializerOptions): Initializer {
  return initializer(shape, options, (values) => values.fill(value));
}

/** Uniform over [low, high), rounded to f32. */
export function uniform(shape: Shape, low: number, high: number, options?: InitializerOptions): Initializer {
  return initializer(shape, options, (values, rng) => {
    for (let i = 0; i < values.length; i++) values[i] = low + (high - low) * rng.nextFloat();
  });
}

/** Normal with mean 0 and standard deviation `stdDev`, rounded to f32. */
export function normal(shape: Shape, stdDev: number, options?: InitializerOptions): Initializer {
  return initializer(shape, options, (values, rng) => {
    const draws = normalDraws(values.length, rng);
    for (let i = 0; i < values.length; i++) values[i] = stdDev * draws[i]!;
  });
}

/** Uniform in ±sqrt(6 / fanIn), for what a ReLU follows. Source: He et al. 2015, eq. 10, arXiv:1502.01852. */
export function heUniform(shape: Shape, fanIn: number, options?: InitializerOptions): Initializer {
  const bound = Math.sqrt(6 / fanIn);
  return uniform(shape, -bound, bound, options);
}

/** Normal with variance 2 / fanIn, for what a ReLU follows. Source: He et al. 2015, eq. 10, arXiv:1502.01852. */
export function heNormal(shape: Shape, fanIn: number, options?: InitializerOptions): Initializer {
  return normal(shape, Math.sqrt(2 / fanIn), options);
}

/**
 * Uniform in ±sqrt(6 / (fanIn + fanOut)), for tanh and sigmoid; also known as Xavier.
 * Source: Glorot and Bengio 2010, eq. 16.
 */
export function glorotUniform(shape: Shape, fanIn: number, fanOut: number, options?: InitializerOptions): Initializer {
  const bound = Math.sqrt(6 / (fanIn + fanOut));
  return uniform(shape, -bound, bound, options);
}

/** Normal with variance 2 / (fanIn + fanOut); also known as Xavier. Source: Glorot and Bengio 2010, eq. 12. */
export function glorotNormal(shape: Shape, fanIn: number, fanOut: number, options?: InitializerOptions): Initializer {
  return normal(shape, Math.sqrt(2 / (fanIn + fanOut)), options);
}

/** Uniform in ±sqrt(3 / fanIn), for SELU. Source: LeCun et al. 1998, "Efficient BackProp", section 4.6. */
export function lecunUniform(shape: Shape, fanIn: number, options?: InitializerOptions): Initializer {
  const bound = Math.sqrt(3 / fanIn);
  return uniform(shape, -bound, bound, options);
}

/** Normal with variance 1 / fanIn, for SELU. Source: LeCun et al. 1998, "Efficient BackProp", section 4.6. */
export function lecunNormal(shape: Shape, fanIn: number, options?: InitializerOptions): Initializer {
  return normal(shape, Math.sqrt(1 / fanIn), options);
}

/** Standard normal values in f64, two from each two uniform draws. Source: Box and Muller 1958. */
export function normalDraws(count: number, rng: Rng): Float64Array {
  const draws = new Float64Array(count);
  for (let i = 0; i < count; i += 2) {
    // 1 - u lies in (0, 1], so that its logarithm is finite.
    const radius = Math.sqrt(-2 * log(1 - rng.nextFloat()));
    const angle = 2 * Math.PI * rng.nextFloat();
    draws[i] = radius * cos(angle);
    if (i + 1 < count) draws[i + 1] = radius * sin(angle);
  }
  return draws;
}
