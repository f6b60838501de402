import type { LocalUpdate, Training } from "../localTrainer.ts";
import type { HalfTraining, HalfUpdate } from "./half.ts";

/** A training that takes its turn. */
export interface Turn {
  readonly stepsTotal: number;
  /** Begins it; `before` are the local params that the turn before it ended with, [spec.length]. */
  start(before: Float32Array | undefined): Training;
}

export interface TurnResult {
  readonly update: LocalUpdate;
  /** [spec.length] */
  readonly local: Float32Array;
}

/** Trainings one after the other, as one. */
export function inTurn(turns: readonly Turn[], finish: (results: readonly TurnResult[]) => HalfUpdate): HalfTraining {
  const stepsTotal = turns.reduce((sum, turn) => sum + turn.stepsTotal, 0);
  const results: TurnResult[] = [];
  let current = turns[0]!.start(undefined);
  let stepsDone = 0;
  let stepsOfTurn = 0;

  function endTurn(): void {
    const local = current.params();
    results.push({ update: current.finish(), local });
  }

  return {
    stepsTotal,
    run(maxSteps) {
      const until = Math.min(stepsTotal, stepsDone + maxSteps);
      const steps = until - stepsDone;
      let lossSum = 0;
      while (stepsDone < until) {
        if (stepsOfTurn === current.stepsTotal) {
          endTurn();
          current = turns[results.length]!.start(results.at(-1)!.local);
          stepsOfTurn = 0;
        }
        const progress = current.run(until - stepsDone);
        const ran = progress.stepsDone - stepsOfTurn;
        lossSum += ran * progress.loss;
        stepsOfTurn += ran;
        stepsDone += ran;
      }
      return { stepsDone, stepsTotal, loss: steps > 0 ? lossSum / steps : 0 };
    },
    finish() {
      if (stepsDone < stepsTotal) throw new RangeError(`finish expected ${stepsTotal} steps done, got ${stepsDone}`);
      endTurn();
      return finish(results);
    },
  };
}
