import type { Shape } from "../graph/tensor.ts";
import {
  filled,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initializer,
  type InitializerOptions,
  lecunNormal,
  lecunUniform,
  normal,
  zeros,
} from "./initializer.ts";
import { orthogonal } from "./initializers/orthogonal.ts";

/** Weights by the names that documents use. Glorot's are also known as Xavier's. */
const named = {
  heUniform: (shape, { fanIn }, options) => heUniform(shape, fanIn, options),
  heNormal: (shape, { fanIn }, options) => heNormal(shape, fanIn, options),
  glorotUniform: (shape, { fanIn, fanOut }, options) => glorotUniform(shape, fanIn, fanOut, options),
  glorotNormal: (shape, { fanIn, fanOut }, options) => glorotNormal(shape, fanIn, fanOut, options),
  lecunUniform: (shape, { fanIn }, options) => lecunUniform(shape, fanIn, options),
  lecunNormal: (shape, { fanIn }, options) => lecunNormal(shape, fanIn, options),
  orthogonal: (shape, _, options) => orthogonal(shape, 1, options),
  zeros: (shape, _, options) => zeros(shape, options),
} satisfies Record<string, (shape: Shape, fans: Fans, options?: InitializerOptions) => Initializer>;

type WeightInitName = keyof typeof named;

/** The names that `WeightInit` may be. */
export const WEIGHT_INIT_NAMES = Object.keys(named) as WeightInitName[];

/** How a weight begins, as data. */
export type WeightInit = WeightInitName | { readonly normal: number } | { readonly constant: number };

/** Inputs that one output sums over, and outputs that one input reaches. */
export interface Fans {
  readonly fanIn: number;
  readonly fanOut: number;
}

/**
 * The initializer that a document names; `{ normal: stdDev }` and `{ constant: value }` are given by their number.
 * @throws TypeError for a name that is none.
 */
export function weightInit(init: WeightInit, shape: Shape, fans: Fans, options?: InitializerOptions): Initializer {
  if (typeof init !== "string") {
    return "normal" in init ? normal(shape, init.normal, options) : filled(shape, init.constant, options);
  }
  if (!Object.hasOwn(named, init)) {
    throw new TypeError(`"init" expected one of ${WEIGHT_INIT_NAMES.join(", ")}, got ${JSON.stringify(init)}`);
  }
  return named[init](shape, fans, options);
}
