import { assertPositiveInteger } from "../../../base/assert.ts";
import { add, concat, constant, matmul, mul, reshape, scan, transpose, where } from "../../../graph/ops.ts";
import type { Tensor } from "../../../graph/tensor.ts";
import type { Initializer } from "../../initializer.ts";
import type { Layer } from "../../layer.ts";
import { assertSequence } from "../sequence/assertSequence.ts";

export interface RecurrentOptions {
  /** The state at each step (default), or after the last step that is not masked. */
  readonly output?: "sequence" | "last";
  /** Which way time runs; "both" concatenates the states of two independent runs. "forward" when absent. */
  readonly direction?: "forward" | "backward" | "both";
  /** Layers one on the other, each fed with the states of the one before; 1 when absent. */
  readonly layers?: number;
}

/** What tells one recurrent layer from another. */
export interface RecurrentCell {
  readonly kind: string;
  /** Arrays [batch, units] that go from step to step; the first is the layer's output. */
  readonly numCarries: number;
  /** How the arrays of one run begin: `wx` [inFeatures, columns], `b` [columns], and those that `step` takes. */
  init(inFeatures: number, units: number): Readonly<Record<string, Initializer>>;
  /** Names of the arrays that each step needs. */
  readonly recurrent: readonly string[];
  /** The next carries, from the carries, the step's x·wx + b [batch, columns] and the arrays that `recurrent` names. */
  step(carry: readonly Tensor[], projected: Tensor, arrays: readonly Tensor[]): readonly Tensor[];
}

/**
 * A recurrent layer over whole sequences, for any cell.
 * Shapes: x [batch, time, inFeatures] -> [batch, time, units], or [batch, units] for `output: "last"`; twice the units for
 * `direction: "both"`, first those that ran forward. States begin at 0.
 *
 * Where `ctx.mask` is 0 a step keeps the state and the sequence output is 0, so padding on either side changes nothing.
 * Arrays: "wx", "wh", ...; under "forward." and "backward." for both directions; under "layers.0.", "layers.1.", ... for
 * more than one layer.
 *
 * x·wx + b is one product for all steps before the loop; inside are the product with the state and what follows it. Time is
 * the leading axis from the first layer to the last, so x and the result are transposed once.
 * @throws RangeError if a count is not positive, or x or the mask do not fit.
 */
export function recurrentLayer(
  cell: RecurrentCell,
  inFeatures: number,
  units: number,
  options: RecurrentOptions = {},
): Layer {
  const { output = "sequence", direction = "forward", layers = 1 } = options;
  assertPositiveInteger("inFeatures", inFeatures);
  assertPositiveInteger("units", units);
  assertPositiveInteger("layers", layers);
  const runs = direction === "both" ? (["forward", "backward"] as const) : [direction];
  const prefixOf = (level: number, run: string): string =>
    `${layers > 1 ? `layers.${level}.` : ""}${runs.length > 1 ? `${run}.` : ""}`;
  const init: Record<string, Initializer> = {};
  for (let level = 0; level < layers; level++) {
    for (const run of runs) {
      const arrays = cell.init(level === 0 ? inFeatures : units * runs.length, units);
      for (const [array, begins] of Object.entries(arrays)) init[prefixOf(level, run) + array] = begins;
    }
  }
  const details = [
    ...(layers > 1 ? [`${layers} layers`] : []),
    ...[direction, output].filter((option) => option !== "forward" && option !== "sequence"),
  ];

  return {
    name: `${cell.kind}(${[inFeatures, units, ...details].join(", ")})`,
    document: { kind: cell.kind, inFeatures, units, ...options },
    init,
    apply(params, x, { mask }) {
      const { batch, time } = assertSequence(cell.kind, x, mask, inFeatures);
      const steps = mask && reshape(transpose(mask, [1, 0]), [time, batch, 1]);
      let sequence = transpose(x, [1, 0, 2]);
      let last = sequence;
      for (let level = 0; level < layers; level++) {
        const results = runs.map((run) => {
          const arrayOf = (array: string): Tensor => params[prefixOf(level, run) + array]!;
          return runCell(cell, units, arrayOf, sequence, run === "backward", steps);
        });
        sequence = concat(
          results.map(([states]) => states),
          2,
        );
        last = concat(
          results.map(([, state]) => state),
          1,
        );
      }
      if (output === "last") return last;
      return transpose(steps ? mul(sequence, steps) : sequence, [1, 0, 2]);
    },
  };
}

/** The states [time, batch, units] of one run over x [time, batch, features], and the last of them. */
function runCell(
  cell: RecurrentCell,
  units: number,
  arrayOf: (array: string) => Tensor,
  x: Tensor,
  reverse: boolean,
  mask?: Tensor,
): readonly [Tensor, Tensor] {
  const [time, batch, features] = x.shape as [number, number, number];
  // As one matrix, so that a backend adds the bias within the product.
  const rows = add(matmul(reshape(x, [time * batch, features]), arrayOf("wx")), arrayOf("b"));
  const projected = reshape(rows, [time, batch, rows.shape[1]!]);
  const { carry, outputs } = scan({
    carry: Array.from({ length: cell.numCarries }, () => constant(0, [batch, units])),
    sequences: mask ? [projected, mask] : [projected],
    constants: cell.recurrent.map(arrayOf),
    reverse,
    step(before, [now, isData], arrays) {
      const next = cell.step(before, now!, arrays);
      const after = isData ? next.map((state, i) => where(isData, state, before[i]!)) : next;
      return { carry: after, outputs: [after[0]!] };
    },
  });
  return [outputs[0]!, carry[0]!];
}
