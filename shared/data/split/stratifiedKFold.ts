import { assertInteger } from "../../base/assert.ts";
import { type Rng, shuffle } from "../../base/rng.ts";

export interface Fold {
  /** Rows to train on, ascending. */
  readonly train: Uint32Array;
  /** Rows held out, ascending. */
  readonly test: Uint32Array;
}

/**
 * Stratified k-fold cross-validation: every row is held out in exactly one of `numFolds` folds, and the folds' numbers of
 * rows differ by at most one, in all and within each class. Rows of a class are shuffled, then dealt in turn; the deal goes on
 * where the class before it ended.
 * Source: Kohavi 1995, "A Study of Cross-Validation and Bootstrap", section 3.
 * @throws RangeError unless 2 <= numFolds <= number of labels.
 */
export function stratifiedKFold(labels: ArrayLike<number>, numFolds: number, rng: Rng): Fold[] {
  assertInteger("numFolds", numFolds, 2, labels.length);
  const rowsOf = new Map<number, number[]>();
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row] as number;
    const rows = rowsOf.get(label);
    if (rows) rows.push(row);
    else rowsOf.set(label, [row]);
  }
  const foldOf = new Uint32Array(labels.length);
  let dealt = 0;
  for (const label of [...rowsOf.keys()].sort((a, b) => a - b)) {
    const rows = rowsOf.get(label) as number[];
    shuffle(rows, rng);
    for (const row of rows) foldOf[row] = dealt++ % numFolds;
  }
  return Array.from({ length: numFolds }, (_, fold) => ({
    train: Uint32Array.from([...foldOf.keys()].filter((row) => foldOf[row] !== fold)),
    test: Uint32Array.from([...foldOf.keys()].filter((row) => foldOf[row] === fold)),
  }));
}
