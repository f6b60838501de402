// Test accuracy on MNIST divided unequally, round by round, beside the published accuracy after 50 rounds.
//   npm run build && node bench/targets/niidBench.mjs [--only labels-2/fedavg,iid/scaffold] [--rounds 50] [--seed 1] [--workers 1] [--mu 0.001]
// 10 parties, all in every round, 10 epochs, batches of 64, SGD with learning rate 0.01 and momentum 0.9. FedProx has
// mu = 0.01 unless told otherwise; the source takes the best of 0.001, 0.01, 0.1 and 1.
// Source: Li et al. 2022, arXiv:2102.02079.
import { parseArgs } from "node:util";
import { runExperiment } from "./runExperiment.mjs";

const PARTITIONS = {
  "labels-2": { kind: "labels", clients: 10, labelsPerClient: 2 },
  "labels-3": { kind: "labels", clients: 10, labelsPerClient: 3 },
  dirichlet: { kind: "dirichlet", clients: 10, alpha: 0.5 },
  iid: { kind: "iid", clients: 10 },
};

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    rounds: { type: "string", default: "50" },
    seed: { type: "string", default: "1" },
    workers: { type: "string", default: "1" },
    mu: { type: "string", default: "0.01" },
  },
});

const STRATEGIES = {
  fedavg: { strategy: { kind: "fedavg" } },
  scaffold: { strategy: { kind: "scaffold", population: 10 } },
  fedprox: { strategy: { kind: "fedavg", client: { kind: "fedprox", mu: Number(values.mu) } } },
  fednova: { strategy: { kind: "fednova" } },
};

/** Percent after 50 rounds, as others reproduced them. */
const PUBLISHED = {
  iid: { fedavg: 99.09, scaffold: 99.06, fedprox: 99.16, fednova: 99.05 },
  dirichlet: { fedavg: 98.89, scaffold: 99.07, fedprox: 99.02, fednova: 98.03 },
  "labels-2": { fedavg: 96.86, scaffold: 96.92, fedprox: 96.85, fednova: 96.65 },
  "labels-3": { fedavg: 97.86, scaffold: 97.91, fedprox: 97.85, fednova: 97.62 },
};

const CELLS = Object.keys(PARTITIONS).flatMap((partition) =>
  Object.keys(STRATEGIES).map((strategy) => `${partition}/${strategy}`),
);

for (const cell of values.only?.split(",") ?? CELLS) {
  if (!CELLS.includes(cell)) {
    console.error(`--only expected ${CELLS.join(", ")}; got ${cell}`);
    process.exit(2);
  }
  const [partition, strategy] = cell.split("/");
  const changed = { partition: PARTITIONS[partition], ...STRATEGIES[strategy] };
  const changes = Object.entries(changed).map(([path, value]) => `${path}=${JSON.stringify(value)}`);
  const reached = [];
  const { seconds } = await runExperiment("mnist-niid-bench", {
    changes: [...changes, `rounds=${values.rounds}`, `seed=${values.seed}`],
    workers: Number(values.workers),
    onRound({ testAccuracy }) {
      reached.push((100 * testAccuracy).toFixed(2));
      process.stderr.write(`  ${cell}  round ${reached.length}  ${reached.at(-1)} %\n`);
    },
  });
  const published = `${PUBLISHED[partition][strategy]} % after 50`;
  console.log(`${cell}  seed ${values.seed}  ${reached.join(" ")} %  published ${published}  ${seconds.toFixed(0)} s`);
}
