import { input, random } from "../graph/ops.ts";
import type { Tensor, Update } from "../graph/tensor.ts";
import type { ApplyContext } from "../nn/applyContext.ts";

/** The context of one training step, and what the layers left in it. */
export interface TrainContext {
  readonly ctx: ApplyContext;
  /** New values of statistics, in the order they were given. */
  readonly statistics: readonly Update[];
  /** What was drawn, in the order of the draws. */
  readonly draws: readonly Tensor[];
  /** The state that random values are drawn from, i32 [3], named "random"; `undefined` while none were. */
  randomState(): Tensor | undefined;
}

/** Each call of `ctx.random` draws from a stream of its own, numbered from 0 in the order of the calls. */
export function createTrainContext(): TrainContext {
  const statistics: Update[] = [];
  let state: Tensor | undefined;
  const draws: Tensor[] = [];
  const ctx: ApplyContext = {
    mode: "train",
    random(shape) {
      state ??= input("random", [3], "i32");
      const drawn = random(state, shape, draws.length);
      draws.push(drawn);
      return drawn;
    },
    updateStatistic: (target, value) => void statistics.push({ target, value }),
  };
  return { ctx, statistics, draws, randomState: () => state };
}

/** A training context whose draws come from outside, and that keeps no statistics. */
export function drawingFrom(random: ApplyContext["random"]): ApplyContext {
  return { mode: "train", random, updateStatistic() {} };
}
