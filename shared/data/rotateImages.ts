import type { Dataset } from "./dataset.ts";

export const ROTATIONS = [0, 90, 180, 270] as const;
export type Rotation = (typeof ROTATIONS)[number];

/**
 * Turns every client's square images by so many degrees to the left, client c by rotations[c mod length]: populations that no
 * single model suits. Source: Ghosh et al. 2020, section 6.2 "Rotated MNIST", arXiv:2006.04088.
 * @param rowsOf rows of client c; no row may belong to two.
 * @returns the dataset with the inputs of those rows changed, in memory of its own.
 * @throws TypeError unless an example is a square of single values; RangeError without rotations.
 */
export function rotateImages(data: Dataset, rowsOf: Iterable<Uint32Array>, rotations: readonly Rotation[]): Dataset {
  const size = data.inputs.length / data.numExamples;
  const side = Math.round(Math.sqrt(size));
  if (side * side !== size) throw new TypeError(`rotations expected square images, got examples of ${size} values`);
  if (rotations.length === 0) throw new RangeError("rotations expected at least one, got none");
  const inputs = data.inputs.slice();
  let client = 0;
  for (const rows of rowsOf) {
    const source = sourcePlaces(side, rotations[client++ % rotations.length]!);
    for (const row of rows) {
      for (const [at, from] of source.entries()) inputs[row * size + at] = data.inputs[row * size + from]!;
    }
  }
  return { ...data, inputs };
}

/** Where in the image each pixel of the turned one comes from. */
function sourcePlaces(side: number, rotation: Rotation): Uint32Array {
  const last = side - 1;
  return Uint32Array.from({ length: side * side }, (_, at) => {
    const column = at % side;
    const line = (at - column) / side;
    if (rotation === 90) return column * side + (last - line);
    if (rotation === 180) return side * side - 1 - at;
    if (rotation === 270) return (last - column) * side + line;
    return at;
  });
}
