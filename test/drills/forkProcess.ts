import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface DrillProcess {
  /** What it said once it was ready. */
  readonly ready: Readonly<Record<string, number>>;
  /** Asks it something over IPC. */
  ask<T>(question: string, options?: object): Promise<T>;
  /** Ends it as nothing else would: SIGKILL. Resolves when it is gone. */
  kill(): Promise<void>;
}

/** Starts one of the drills' own programs with its options, and waits until it says that it is ready. */
export async function forkProcess(script: URL, options: object): Promise<DrillProcess> {
  const child = fork(fileURLToPath(script), [JSON.stringify(options)], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const waiting = new Map<number, (answer: unknown) => void>();
  let numAsked = 0;
  const ready = await new Promise<Record<string, number>>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${script.pathname} ended with ${code} before it was ready`)));
    child.on("message", (message: { id?: number; answer?: unknown; ready?: boolean }) => {
      if (message.ready) resolve(message as unknown as Record<string, number>);
      else waiting.get(message.id as number)?.(message.answer);
    });
  });
  child.removeAllListeners("exit");
  return {
    ready,
    ask: <T>(question: string, asked: object = {}) => {
      const id = numAsked++;
      return new Promise<T>((resolve, reject) => {
        child.once("exit", () => reject(new Error(`${script.pathname} ended before it answered "${question}"`)));
        waiting.set(id, (answer) => {
          waiting.delete(id);
          resolve(answer as T);
        });
        child.send({ id, ask: question, ...asked });
      });
    },
    kill() {
      if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
      const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
      child.kill("SIGKILL");
      return gone;
    },
  };
}
