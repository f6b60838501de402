// Learning quality of the zoo, trained centrally: what each model reaches and what it should.
//   npm run build && node bench/targets/learning.mjs [--only mnist-cnn,cora-gcn] [--data DIR] [--seed 1] [--own-init] [--json]
// DIR holds cora/cora.json.gz, mutag/MUTAG.txt and shakespeare-roles/roles.jsonl.gz. The text targets and the autoencoder's need
// python3 with numpy, torch and safetensors (and nothing of Headwater's) for their peers; with --own-init PyTorch's text models begin
// as PyTorch begins by default, and not with the params that ours begin with.
import { parseArgs } from "node:util";
import { LEARNING_TARGETS } from "./learningTargets.mjs";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: Object.keys(LEARNING_TARGETS).join(",") },
    data: { type: "string", default: "data" },
    seed: { type: "string", default: "1" },
    "own-init": { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

let isMet = true;
for (const name of values.only.split(",")) {
  const target = LEARNING_TARGETS[name];
  if (!target) {
    console.error(`--only expected ${Object.keys(LEARNING_TARGETS).join(", ")}; got ${name}`);
    process.exit(2);
  }
  const startedAt = performance.now();
  const result = await target({
    data: values.data,
    seed: Number(values.seed),
    ownInit: values["own-init"],
    log: (line) => process.stderr.write(`  ${name}  ${line}\n`),
  });
  const seconds = (performance.now() - startedAt) / 1000;
  isMet &&= result.isMet;
  if (values.json) console.log(JSON.stringify({ name, ...result, seconds }));
  else {
    const verdict = result.isMet ? "reached" : "MISSED";
    console.log(
      `${name}  ${verdict}  ${result.reached}  wanted ${result.wanted}  ${result.how}  ${seconds.toFixed(0)} s`,
    );
  }
}
process.exitCode = isMet ? 0 : 1;
