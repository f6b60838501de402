import { fork, spawn, spawnSync } from "node:child_process";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";

const hasTaskset = spawnSync("taskset", ["-V"]).status === 0;

/**
 * Starts a module of this folder in a process of its own, on one core where the system can hold it there. `ask` sends a
 * message and resolves to the answer with its id; `on` hears what the process tells by itself.
 */
export function startPinned(module, { core, nodeArguments = [], settings = {} }) {
  const path = fileURLToPath(new URL(module, import.meta.url));
  const stdio = ["ignore", "inherit", "inherit", "ipc"];
  const child = hasTaskset
    ? spawn("taskset", ["-c", String(core), process.execPath, ...nodeArguments, path], { stdio, serialization: "json" })
    : fork(path, { stdio, execArgv: nodeArguments });
  const waiting = new Map();
  const listeners = new Map();
  let numAsked = 0;
  child.on("message", ({ id, event, value, error }) => {
    if (event !== undefined) return listeners.get(event)?.(value);
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) resolve(value);
    else reject(new Error(`${module}: ${error}`));
  });
  child.on("exit", (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`${module} ended with ${code}`));
  });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const ask = (question, value) =>
    new Promise((resolve, reject) => {
      const id = numAsked++;
      waiting.set(id, { resolve, reject });
      child.send({ id, question, value });
    });
  return {
    ask,
    on: (event, listener) => listeners.set(event, listener),
    start: () => ask("start", settings),
    async stop() {
      await ask("stop");
      child.disconnect();
      await exited;
    },
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** The other end: answers questions by name, and says what nobody asked. */
export function answerParent(answers) {
  process.on("message", async ({ id, question, value }) => {
    try {
      process.send({ id, value: await answers[question](value) });
    } catch (error) {
      process.send({ id, error: error.stack });
    }
  });
  process.once("disconnect", () => process.exit()); // timers of an open round would hold it
  return { tell: (event, value) => process.send({ event, value }) };
}

/** What figures depend on beside the code. */
export function describeMachine() {
  return {
    node: process.version,
    cpu: `${cpus()[0]?.model.trim()}, ${cpus().length} cores`,
    pinned: hasTaskset,
    load: loadavg().map((value) => Number(value.toFixed(1))),
  };
}
