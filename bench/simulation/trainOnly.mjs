import { createRng } from "../../dist/shared/base/rng.js";
import { zooModel } from "../../dist/shared/models/zoo.js";
import { createLocalTrainer } from "../../dist/shared/train/createLocalTrainer.js";
import { trainClient } from "../../dist/simulations/pool/workload.js";
import { createPopulation } from "../../dist/simulations/population.js";
import { experimentOf } from "./workloads.mjs";

/** Seconds of as many client trainings as the workload has, and nothing else: what the simulator adds to is this. */
export function trainOnly(name, workload, train) {
  const experiment = experimentOf(name, workload);
  const model = zooModel(workload.model);
  const trainer = createLocalTrainer({ model, plan: experiment.local });
  const jobs = { seed: workload.seed, train, ...createPopulation(experiment, train) };
  const params = model.init(createRng(workload.seed, "init"));
  const started = performance.now();
  for (let job = 0; job < workload.rounds * workload.cohort; job++) {
    trainClient(trainer, jobs, params, { client: job % workload.clients, round: Math.floor(job / workload.cohort) });
  }
  return (performance.now() - started) / 1000;
}
