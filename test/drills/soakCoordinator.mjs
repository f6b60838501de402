import { createWriteStream, readdirSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** The `headwater` command as it is, in a process that says over IPC what it holds; what it prints goes to a file. */
const { args, logPath } = JSON.parse(process.argv[2]);
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc");
const log = createWriteStream(logPath);
process.stdout.write = log.write.bind(log);

process.on("message", ({ id }) => {
  collectGarbage();
  const { rss, heapUsed } = process.memoryUsage();
  process.send({ id, answer: { rss, heapUsed, descriptors: readdirSync("/proc/self/fd").length } });
});
process.on("disconnect", () => process.exit());
process.argv.splice(2, 1, ...args);
process.send({ ready: true });
await import("../../dist/cli/headwater.js");
