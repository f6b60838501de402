import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/**
 * A Python script of this folder that answers each line of JSON with one; `greeting` is its first line. `undefined` if python3
 * lacks something, which its own message on stderr names.
 */
export async function startPython(script) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn("python3", [path], { stdio: ["pipe", "pipe", "inherit"] });
  child.on("error", () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    return done ? undefined : JSON.parse(value);
  };
  const greeting = await answer();
  if (greeting === undefined) return undefined;
  return {
    greeting,
    ask(question) {
      child.stdin.write(`${JSON.stringify(question)}\n`);
      return answer();
    },
    async close() {
      child.stdin.end();
      await once(child, "exit");
    },
  };
}
