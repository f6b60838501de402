import type { EngineInstance } from "../../engine/instance.ts";
import { createGraph } from "../../graph/createGraph.ts";
import { input, reduceSum } from "../../graph/ops.ts";
import { type Schedule, scheduleFactor } from "../../optim/schedule.ts";
import { trainerOn } from "../createLocalTrainer.ts";
import type { LocalPlan } from "../localPlan.ts";
import { type ClientHalf, type HalfOptions, handedOut } from "./half.ts";
import { combine, gradientRanges } from "./linearCorrection.ts";

const CONTROL = "control";

/**
 * SCAFFOLD: each local gradient is corrected by c - cᵢ, the server's control variate less the client's own, which begins at 0.
 * After K steps, with option II,
 *
 *   cᵢ⁺ = cᵢ - c + (x - yᵢ) / (K · rate),  and  cᵢ⁺ - cᵢ  travels beside the delta yᵢ - x.
 *
 * With a schedule K · rate is the sum of the rates. Statistics and private params have no control variate.
 * Source: Karimireddy et al. 2020, Algorithm 1, arXiv:1910.06378.
 * @throws RangeError unless the local plan is plain SGD: only there is the way walked the sum of the gradients.
 */
export function scaffoldHalf({ bench, plan }: HalfOptions): ClientHalf {
  const learningRate = plainRate(plan);
  const { spec } = bench.model;
  const length = spec.sharedLength;
  const ranges = gradientRanges(spec);
  const trainer = trainerOn(bench, { plan, objective: { isCorrected: true } });
  const rates = sumsOfRates(bench.engine, learningRate, plan.schedule);
  return {
    keeps: { [CONTROL]: length },
    compile: trainer.compile,
    begin: (request) => ({
      own: request.params,
      start(rng) {
        const control = handedOut(request, CONTROL, length);
        const own = request.kept.get(CONTROL) ?? new Float32Array(length);
        const correction = combine(ranges, [1, control], [-1, own]);
        const training = trainer.start({ ...request, rng, correction });
        return {
          ...training,
          finish() {
            const update = training.finish();
            const change = combine(ranges, [-1, control], [-1 / rates(update.numSteps), update.delta]);
            return {
              ...update,
              parts: new Map([[CONTROL, change]]),
              // From the change as it travels, so that the server's mean of the controls stays the mean of the clients'.
              kept: new Map([[CONTROL, combine(ranges, [1, own], [1, change])]]),
            };
          },
        };
      },
    }),
  };
}

function plainRate({ optimizer, clip }: LocalPlan): number {
  const mend = "its control variates are read off the way walked, which must be the sum of the gradients";
  if (optimizer.kind !== "sgd" || (optimizer.momentum ?? 0) > 0) {
    const got = optimizer.kind === "sgd" ? `momentum ${optimizer.momentum}` : `"${optimizer.kind}"`;
    throw new RangeError(`scaffold expected a local optimizer "sgd" without momentum, got ${got}: ${mend}`);
  }
  if (clip !== undefined) {
    throw new RangeError(
      `scaffold expected a local plan without clip: ${mend}; leave it out, or use perExampleClipNorm`,
    );
  }
  return optimizer.learningRate;
}

/** The sum of the learning rates of the first steps. A schedule is summed by the engine: the same bytes on every machine. */
function sumsOfRates(
  engine: EngineInstance,
  learningRate: number,
  schedule: Schedule = { kind: "constant" },
): (numSteps: number) => number {
  if (schedule.kind === "constant") return (numSteps) => numSteps * learningRate;
  const known = new Map<number, number>();
  return (numSteps) => known.get(numSteps) ?? remember(numSteps, learningRate * sumOfFactors(numSteps));

  function remember(numSteps: number, sum: number): number {
    known.set(numSteps, sum);
    return sum;
  }

  function sumOfFactors(numSteps: number): number {
    const step = input("schedule.step", [numSteps]);
    const program = engine.compile(
      createGraph({ inputs: [step], outputs: [reduceSum(scheduleFactor(schedule, step))] }),
    );
    engine.arena.f32(program.inputs.get("schedule.step")!.address, numSteps).forEach((_, i, steps) => {
      steps[i] = i;
    });
    engine.run(program);
    return engine.arena.f32(program.outputs[0]!.address, 1)[0]!;
  }
}
