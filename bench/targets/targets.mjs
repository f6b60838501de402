// Learning quality: the committed experiments on three seeds, the worst of which must meet the published number of rounds.
//   npm run build && node bench/targets/targets.mjs [--only mnist-2nn-iid] [--seeds 1,2,3] [--workers 2] [--set path=value]
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { runExperiment } from "./runExperiment.mjs";

/** Rounds to the experiment's target. Source: McMahan et al. 2017, Table 1, C = 0.1, E = 1, B = 10, arXiv:1602.05629. */
const PUBLISHED = { "mnist-2nn-iid": 87, "mnist-2nn-shards": 664 };

const { values } = parseArgs({
  options: {
    only: { type: "string", default: Object.keys(PUBLISHED).join(",") },
    seeds: { type: "string", default: "1,2,3" },
    workers: { type: "string", default: String(availableParallelism()) },
    set: { type: "string", multiple: true, default: [] },
  },
});

let isMet = true;
for (const name of values.only.split(",")) {
  const rows = [];
  for (const seed of values.seeds.split(",")) {
    const changes = [...values.set, `seed=${seed}`];
    const summary = await runExperiment(name, { changes, workers: Number(values.workers) });
    rows.push(summary);
    const { rounds, stopped, testAccuracy, seconds, clientRoundsPerSecond, paramsHash } = summary;
    const end = stopped === "target" ? `target after ${rounds} rounds` : `NOT REACHED in ${rounds} rounds`;
    console.log(
      `${name}  seed ${seed}  ${end}  ${(100 * testAccuracy).toFixed(2)} %  ${seconds.toFixed(1)} s  ${Math.round(clientRoundsPerSecond)} clients/s  ${paramsHash.slice(0, 19)}`,
    );
  }
  const worst = Math.max(
    ...rows.map(({ rounds, stopped }) => (stopped === "target" ? rounds : Number.POSITIVE_INFINITY)),
  );
  const isWithin = worst <= PUBLISHED[name];
  isMet &&= isWithin;
  console.log(
    `${name}  worst of ${rows.length} seeds ${worst}, published ${PUBLISHED[name]}: ${isWithin ? "met" : "MISSED"}\n`,
  );
}
process.exitCode = isMet ? 0 : 1;
