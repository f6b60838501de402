// FedProx against FedAvg where 90 % of each cohort cannot finish: loss of the last global model on all rows of all devices.
//   npm run build && node bench/targets/fedProx.mjs [--seeds 1,2,3,4,5] [--rounds 200] [--workers 1]
// A seed makes its own data, initial params, cohorts and stragglers, the same for all three. FedAvg drops what stragglers did;
// FedProx (mu = 1) and, to tell the two ideas apart, FedAvg take it in. Source: Li et al. 2020, figure 1, arXiv:1812.06127.
import { parseArgs } from "node:util";
import { runExperiment } from "./runExperiment.mjs";

const VARIANTS = {
  "fedavg, dropped": ['strategy={"kind":"fedavg"}', "stragglers.work=drop"],
  "fedavg, partial": ['strategy={"kind":"fedavg"}'],
  "fedprox, partial": [],
};

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1,2,3,4,5" },
    rounds: { type: "string", default: "200" },
    workers: { type: "string", default: "1" },
  },
});

const seeds = values.seeds.split(",");
const losses = Object.fromEntries(Object.keys(VARIANTS).map((name) => [name, []]));
for (const seed of seeds) {
  for (const [name, variant] of Object.entries(VARIANTS)) {
    const { testLoss, testAccuracy, seconds } = await runExperiment("fedprox-synthetic", {
      // Nothing is held out, and the judges' set is what was trained on.
      changes: [...variant, "partition.testFraction=0", `seed=${seed}`, `rounds=${values.rounds}`],
      workers: Number(values.workers),
      judgesTrain: true,
    });
    losses[name].push(testLoss);
    const accuracy = (100 * testAccuracy).toFixed(1);
    console.log(`seed ${seed}  ${name}  loss ${testLoss.toFixed(4)}  accuracy ${accuracy} %  ${seconds.toFixed(0)} s`);
  }
}
const means = Object.entries(losses).map(([name, all]) => [
  name,
  all.reduce((sum, loss) => sum + loss, 0) / all.length,
]);
for (const [name, mean] of means) console.log(`mean of ${seeds.length} seeds  ${name}  loss ${mean.toFixed(4)}`);
const of = Object.fromEntries(means);
process.exitCode = of["fedprox, partial"] < of["fedavg, dropped"] ? 0 : 1;
