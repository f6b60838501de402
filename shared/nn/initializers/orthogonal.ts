import type { Shape } from "../../graph/tensor.ts";
import { type Initializer, type InitializerOptions, initializer, normalDraws } from "../initializer.ts";

/** Products of one pass of orthogonalisation, 2^33: some tens of seconds. A document may come from a stranger. */
const MAX_PRODUCTS = 2 ** 33;

/**
 * A random matrix with orthonormal columns, or rows where it is wider than high, times `gain`. All axes but the last are
 * taken together as its rows. Uniform over all such matrices: the Q of a normal matrix whose R has a positive diagonal.
 * Source: Saxe et al. 2014, section 3, arXiv:1312.6120.
 * @throws RangeError if the matrix is so large that it would take minutes.
 */
export function orthogonal(shape: Shape, gain = 1, options?: InitializerOptions): Initializer {
  const columns = shape.at(-1) ?? 1;
  const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
  const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
  const products = count * count * length;
  if (products > MAX_PRODUCTS) {
    throw new RangeError(`orthogonal expected a matrix of fewer values, got [${rows}, ${columns}]; use "glorotNormal"`);
  }
  const fill: Initializer["fill"] = (values, rng) => {
    const vectors = Array.from({ length: count }, () => normalDraws(length, rng));
    vectors.forEach((vector, i) => {
      // Twice is enough: Giraud, Langou and Rozloznik 2005. One pass loses orthogonality as the condition number.
      for (const _ of [1, 2]) for (const before of vectors.slice(0, i)) subtractProjection(vector, before);
      normalise(vector);
    });
    for (let i = 0; i < count; i++) {
      for (let k = 0; k < length; k++) {
        values[rows >= columns ? k * columns + i : i * columns + k] = gain * vectors[i]![k]!;
      }
    }
  };
  return { ...initializer(shape, options, fill), products };
}

/** vector - (vector · unit) unit, in place. */
function subtractProjection(vector: Float64Array, unit: Float64Array): void {
  let product = 0;
  for (let k = 0; k < vector.length; k++) product += vector[k]! * unit[k]!;
  for (let k = 0; k < vector.length; k++) vector[k] = vector[k]! - product * unit[k]!;
}

function normalise(vector: Float64Array): void {
  const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  for (let k = 0; k < vector.length; k++) vector[k] = vector[k]! / norm;
}
