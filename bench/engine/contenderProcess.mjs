import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { enableRelaxedSimd } from "./relaxedSimd.mjs";

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const node = (file, settings, flags = []) => ({ command: process.execPath, args: [...flags, here(file)], settings });
/** Node 20 has relaxed SIMD behind a flag; where it is on by itself the flag may be unknown. */
const fastFlags = () => (process.versions.v8.startsWith("11.") && enableRelaxedSimd() ? [RELAXED_FLAG] : []);
const RELAXED_FLAG = "--experimental-wasm-relaxed-simd";

/** By the name that --contenders takes. */
const CONTENDERS = {
  headwater: () => node("headwater.mjs", { build: "strict" }),
  "headwater-fast": () => node("headwater.mjs", { build: "fast" }, fastFlags()),
  pytorch: () => ({ command: "python3", args: [here("torchPeer.py")], settings: {} }),
  "tensorflow-wasm": () => node("tensorflow.mjs", { backend: "wasm" }),
  "tensorflow-cpu": () => node("tensorflow.mjs", { backend: "cpu" }),
};
export const CONTENDER_NAMES = Object.keys(CONTENDERS);

/**
 * Starts a contender on a task and waits for its first step. One that cannot take part has a `reason` and nothing else to
 * offer. `run(steps)` resolves to { seconds, loss }; it rejects if the process dies.
 */
export async function startContender(key, task) {
  const { command, args, settings } = CONTENDERS[key]();
  const env = { ...process.env, OMP_NUM_THREADS: "1", MKL_NUM_THREADS: "1" };
  const child = spawn(command, [...args, JSON.stringify({ ...task, ...settings })], { env, stdio: "pipe" });
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  child.on("error", (error) => {
    errors += `Error: ${error.message}\n`;
  });
  child.stdin.on("error", () => {}); // a dead process shows as the end of its output
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const why = () => /^.*Error: .*$/m.exec(errors)?.[0] ?? "its process ended";
  const next = async () => {
    const { value, done } = await lines.next();
    return done ? undefined : JSON.parse(value);
  };
  const ready = (await next()) ?? { name: key, reason: why() };
  return {
    ...ready,
    async run(steps) {
      child.stdin.write(`${steps}\n`);
      const answer = await next();
      if (!answer) throw new Error(`failed while training: ${why()}`);
      return answer;
    },
    stop: () => child.stdin.end(),
  };
}
