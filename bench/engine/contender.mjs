// A contender is a process that prints one JSON line { name, version, startupMs } when it is ready and then, for each line
// "<epochs>" that it reads, trains so many epochs and prints { seconds, loss }. So one process works while the others wait.
import { createInterface } from "node:readline";

export function serve({ name, version, startupMs }, trainEpochs) {
  console.log(JSON.stringify({ name, version, startupMs }));
  const lines = createInterface({ input: process.stdin });
  let queue = Promise.resolve();
  lines.on("line", (line) => {
    queue = queue.then(async () => {
      const startedAt = performance.now();
      const loss = await trainEpochs(Number(line));
      console.log(JSON.stringify({ seconds: (performance.now() - startedAt) / 1000, loss }));
    });
  });
}
