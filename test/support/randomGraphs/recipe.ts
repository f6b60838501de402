import fc from "fast-check";

/** One instruction of a random graph. Any numbers give a valid instruction, so that shrinking never leaves the valid ones. */
export interface RecipeStep {
  /** Which op, modulo the number of ops. */
  readonly op: number;
  /** Which tensors it takes, counted back from the newest. */
  readonly picks: readonly number[];
  /** Axes, sizes, strides, flags: each op reads them in its own way. */
  readonly args: readonly number[];
  /** The body of a loop. */
  readonly body: readonly RecipeStep[];
}

/** One program: an input of its own, steps, and what it writes back. */
export interface ProgramRecipe {
  readonly shape: readonly number[];
  readonly steps: readonly RecipeStep[];
  /** Updates of the shared inputs: which input, which kind of update, which value. */
  readonly updates: readonly (readonly number[])[];
  readonly withGradients: boolean;
}

/** Programs that share inputs and one engine. */
export interface WorldRecipe {
  /** Shapes of the inputs that all programs share. */
  readonly shared: readonly (readonly number[])[];
  readonly programs: readonly ProgramRecipe[];
  /** Which program runs next, modulo their number, and for how many steps. */
  readonly schedule: readonly (readonly [number, number])[];
  /** Of the values that the inputs start with. */
  readonly seed: number;
}

const MAX_ELEMENTS = 300;

/** Often the same, so that shapes meet. */
const size = fc.oneof(fc.constantFrom(2, 3, 5), fc.integer({ min: 1, max: 9 }));

/** Up to four axes of 1 to 9, often a matrix; those that would hold too much are dropped. */
const shape = fc
  .oneof(fc.array(size, { maxLength: 4 }), fc.array(size, { minLength: 2, maxLength: 2 }))
  .map((sizes) => {
    let elements = 1;
    return sizes.filter((one) => {
      const fits = elements * one <= MAX_ELEMENTS;
      if (fits) elements *= one;
      return fits;
    });
  });

function step(depth: number): fc.Arbitrary<RecipeStep> {
  return fc.record({
    op: fc.nat(199),
    picks: fc.array(fc.nat(9), { minLength: 4, maxLength: 4 }),
    args: fc.array(fc.nat(8), { minLength: 8, maxLength: 8 }),
    body: depth > 0 ? fc.array(step(depth - 1), { maxLength: 5 }) : fc.constant([]),
  });
}

const program: fc.Arbitrary<ProgramRecipe> = fc.record({
  shape,
  steps: fc.array(step(2), { minLength: 1, maxLength: 14 }),
  updates: fc.array(fc.array(fc.nat(9), { minLength: 4, maxLength: 4 }), { maxLength: 3 }),
  withGradients: fc.boolean(),
});

export const world: fc.Arbitrary<WorldRecipe> = fc.record({
  shared: fc.array(shape, { minLength: 1, maxLength: 4 }),
  programs: fc.array(program, { minLength: 1, maxLength: 3 }),
  schedule: fc.array(fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 2 })), { minLength: 1, maxLength: 5 }),
  seed: fc.nat(2 ** 31 - 1),
});
