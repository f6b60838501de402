import type { RowMix } from "./rowMix.ts";
import type { TileCall, TilePass, TileResult, TileRunner } from "./tileCall.ts";
import type { UpdateRows } from "./updateRows.ts";

/** A rule as a program: it yields the passes over the coordinates that it needs and is sent their results. */
export type Program<T> = Generator<TileCall, T, TileResult>;

/** The rows that a step sees: the updates through what earlier steps made of them. */
export interface RowsView {
  readonly updates: UpdateRows;
  readonly mix: RowMix;
}

/** Runs a program to its end; without a promise as long as the runner answers without one. */
export function runProgram<T>(program: Program<T>, tiles: TileRunner): T | Promise<T> {
  const resume = (step: IteratorResult<TileCall, T>): T | Promise<T> => {
    let current = step;
    while (current.done !== true) {
      const result = tiles.run(current.value);
      if (result instanceof Promise) return result.then((value) => resume(program.next(value)));
      current = program.next(result);
    }
    return current.value;
  };
  return resume(program.next());
}

/** One pass over the rows of a view. */
export function* pass({ updates, mix }: RowsView, tilePass: TilePass): Program<TileResult> {
  return yield { ...tilePass, updates, mix };
}

/** Length of each row. */
export function* rowNorms(view: RowsView): Program<Float64Array> {
  const { sums } = yield* pass(view, { kind: "squared-norms" });
  return sums.map(Math.sqrt);
}

/** Squared distance of rows i and j at [i][j]. Differences come first: a Gram matrix loses short distances between long rows. */
export function* squaredDistances(view: RowsView): Program<readonly Float64Array[]> {
  const { sums } = yield* pass(view, { kind: "squared-distances" });
  const count = view.mix.rows.length;
  const matrix = Array.from({ length: count }, () => new Float64Array(count));
  let pair = 0;
  for (let i = 0; i < count; i++) {
    for (let j = i + 1; j < count; j++) {
      const distance = sums[pair++] as number;
      (matrix[i] as Float64Array)[j] = distance;
      (matrix[j] as Float64Array)[i] = distance;
    }
  }
  return matrix;
}
