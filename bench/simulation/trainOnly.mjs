import { createRng } from "../../dist/shared/base/rng.js";
import { zooModel } from "../../dist/shared/models/zoo.js";
import { createStation } from "../../dist/simulations/pool/station.js";
import { createPopulation } from "../../dist/simulations/population.js";
import { experimentOf } from "./workloads.mjs";

/** Seconds of as many client trainings as the workload has, and nothing else: what the simulator adds to is this. */
export function trainOnly(name, workload, train) {
  const experiment = experimentOf(name, workload);
  const { seed, local, strategy } = experiment;
  const model = zooModel(workload.model);
  const station = createStation({
    ...{ seed, model: model.document, plan: local, strategy, train, ...createPopulation(experiment, train) },
    privateParams: new Float32Array(0),
    metrics: [],
  });
  const handed = { params: model.init(createRng(seed, "init")), handouts: new Map(), kept: new Map() };
  const started = performance.now();
  for (let job = 0; job < workload.rounds * workload.cohort; job++) {
    station.train({ ...handed, client: job % workload.clients, round: Math.floor(job / workload.cohort) });
  }
  return (performance.now() - started) / 1000;
}
