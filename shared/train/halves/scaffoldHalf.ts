import type { EngineInstance } from "../../engine/instance.ts";
import { createGraph } from "../../graph/createGraph.ts";
import { input } from "../../graph/ops.ts";
import { type Schedule, scheduleFactor } from "../../optim/schedule.ts";
import type { SgdPlan } from "../../optim/sgd.ts";
import { trainerOn } from "../createLocalTrainer.ts";
import type { LocalPlan } from "../localPlan.ts";
import { type ClientHalf, type HalfOptions, handedOut } from "./half.ts";
import { combine, gradientRanges } from "./linearCorrection.ts";

const CONTROL = "control";

/**
 * SCAFFOLD: each local gradient is corrected by c - cᵢ, the server's control variate less the client's own, which begins at 0.
 * After K steps, with option II,
 *
 *   cᵢ⁺ = cᵢ - c + (x - yᵢ) / reach,  and  cᵢ⁺ - cᵢ  travels beside the delta yᵢ - x.
 *
 * The reach is how far a constant gradient of 1 comes: K · rate with plain SGD, the sum of the rates with a schedule. With momentum
 * it counts what each gradient still moves in later steps (rate · ‖a‖₁ of Wang et al. 2020, arXiv:2007.07481), so that cᵢ stays a
 * weighted mean of gradients. Weight decay and penalties count as part of them. Statistics and private params have no control
 * variate.
 * Source: Karimireddy et al. 2020, Algorithm 1, arXiv:1910.06378.
 * @throws RangeError unless the local plan is SGD without clip: only there is the way walked a weighted sum of the gradients.
 */
export function scaffoldHalf({ bench, plan }: HalfOptions): ClientHalf {
  const optimizer = linearOptimizer(plan);
  const { spec } = bench.model;
  const length = spec.sharedLength;
  const ranges = gradientRanges(spec);
  const trainer = trainerOn(bench, { plan, objective: { isCorrected: true } });
  const reach = reachOf(bench.engine, optimizer, plan.schedule);
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
            const change = combine(ranges, [-1, control], [-1 / reach(update.numSteps), update.delta]);
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

function linearOptimizer({ optimizer, clip }: LocalPlan): SgdPlan {
  const mend = "its control variates are read off the way walked, which must be a weighted sum of the gradients";
  if (optimizer.kind !== "sgd") {
    throw new RangeError(`scaffold expected a local optimizer "sgd", got "${optimizer.kind}": ${mend}`);
  }
  if (clip !== undefined) {
    throw new RangeError(
      `scaffold expected a local plan without clip: ${mend}; leave it out, or use perExampleClipNorm`,
    );
  }
  return optimizer;
}

/** How far a constant gradient of 1 comes in so many steps. */
function reachOf(
  engine: EngineInstance,
  { learningRate, momentum = 0, nesterov = false }: SgdPlan,
  schedule: Schedule = { kind: "constant" },
): (numSteps: number) => number {
  let factors = new Float32Array(0);
  return (numSteps) => {
    // Doubled, so that clients of many sizes have few programs compiled.
    if (factors.length < numSteps) factors = factorsOf(engine, schedule, Math.max(numSteps, 2 * factors.length));
    let velocity = 0;
    let sum = 0;
    for (let step = 0; step < numSteps; step++) {
      velocity = momentum * velocity + 1;
      sum += factors[step]! * (nesterov ? 1 + momentum * velocity : velocity);
    }
    return learningRate * sum;
  };
}

/** What the learning rate is multiplied with in each step; computed by the engine: the same bytes on every machine. */
function factorsOf(engine: EngineInstance, schedule: Schedule, numSteps: number): Float32Array<ArrayBuffer> {
  if (schedule.kind === "constant") return new Float32Array(numSteps).fill(1);
  const step = input("schedule.step", [numSteps]);
  const program = engine.compile(createGraph({ inputs: [step], outputs: [scheduleFactor(schedule, step)] }));
  engine.arena.f32(program.inputs.get("schedule.step")!.address, numSteps).forEach((_, i, steps) => {
    steps[i] = i;
  });
  engine.run(program);
  return engine.arena.f32(program.outputs[0]!.address, numSteps).slice();
}
