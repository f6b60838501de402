// A contender is a process with one JSON argument: { workload, batch, data, ... } and the workload's entry of workloads.mjs. It trains
// one step, prints one JSON line { name, version, numParams, startupMs, firstStepMs }, and then for each line "<steps>" that
// it reads trains so many steps and prints { seconds, loss }. So one process works while the others wait. One that cannot
// train the workload prints { name, reason } instead and ends.
import { createInterface } from "node:readline";

const startedAt = performance.now();
const print = (value) => console.log(JSON.stringify(value));

/**
 * `setUp(task)` resolves to { version, numParams, train, check }; `train(steps)` gives the last step's loss, or a promise of it.
 * Start-up is measured from here to the end of the first step; `check`, if any, throws afterwards if this is no fair contender.
 */
export async function serve(name, setUp) {
  let contender;
  let startup;
  try {
    contender = await setUp(JSON.parse(process.argv[2]));
    const firstStepAt = performance.now();
    await contender.train(1);
    const now = performance.now();
    startup = { startupMs: now - startedAt, firstStepMs: now - firstStepAt };
    contender.check?.();
  } catch (error) {
    print({ name, reason: error.message.split("\n")[0] });
    return;
  }
  const { version, numParams, train } = contender;
  print({ name, version, numParams, ...startup });
  for await (const line of createInterface({ input: process.stdin })) {
    const turnAt = performance.now();
    const loss = await train(Number(line));
    print({ seconds: (performance.now() - turnAt) / 1000, loss });
  }
}
