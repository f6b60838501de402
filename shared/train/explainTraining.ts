import { createRng } from "../base/rng.ts";
import { fuse } from "../engine/compile/fuse.ts";
import { explainProgram } from "../engine/explainProgram.ts";
import { EngineInstance, type EngineOptions } from "../engine/instance.ts";
import { type ProfiledStep, profileProgram } from "../engine/profileProgram.ts";
import type { Model } from "../models/model.ts";
import { buildTrainingGraph } from "../models/trainingGraph.ts";
import { optimizerFromPlan } from "../optim/optimizerPlan.ts";
import type { LocalPlan } from "./localPlan.ts";

export interface ExplainOptions {
  readonly model: Model;
  readonly plan: LocalPlan;
}

/**
 * The program of one local step, for people: a line a kernel call with its arrays, their places in the workspace and its
 * floating-point operations; at the end their sum and the size of the workspace.
 */
export function explainTraining({ model, plan }: ExplainOptions): string {
  return explainProgram(fuse(buildTrainingGraph(model, plan, plan.batchSize)));
}

export interface ProfileTrainingOptions extends ExplainOptions, EngineOptions {
  /** Reads milliseconds, as `performance.now`. */
  readonly now: () => number;
  /** Steps that are averaged; 20 when absent. */
  readonly runs?: number;
}

/**
 * Where the time of a local step goes, instruction by instruction, on fresh params and random inputs over [0, 1); targets are 0.
 * Times are those of instructions run one by one.
 */
export function profileTraining({ model, plan, kernels, now, runs }: ProfileTrainingOptions): ProfiledStep[] {
  const engine = new EngineInstance(kernels ? { kernels } : {});
  const program = engine.compile(buildTrainingGraph(model, plan, plan.batchSize));
  const params = model.init(createRng("profile", "params"));
  const rng = createRng("profile", "inputs");
  for (const { name, offset, length } of model.spec.entries) {
    const array = program.inputs.get(`params.${name}`);
    if (array) engine.arena.f32(array.address, length).set(params.subarray(offset, offset + length));
  }
  const x = program.inputs.get("x")!;
  engine.arena.f32(x.address, x.length).forEach((_, i, values) => {
    values[i] = rng.nextFloat();
  });
  for (const [name, value] of Object.entries(optimizerFromPlan(plan.optimizer).hyper)) {
    engine.arena.f32(program.inputs.get(`hyper.${name}`)!.address, 1)[0] = value;
  }
  engine.run(program); // the first run also touches every page of the workspace
  return profileProgram(engine, program, { now, ...(runs !== undefined && { runs }) });
}
