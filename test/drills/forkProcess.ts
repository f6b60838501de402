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
  const waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  let numAsked = 0;
  const ready = await new Promise<Record<string, number>>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${script.pathname} ended with ${code} before it was ready`)));
    child.on("message", (message: { id?: number; answer?: unknown; ready?: boolean }) => {
      if (message.ready) resolve(message as unknown as Record<string, number>);
      else waiting.get(message.id as number)?.resolve(message.answer);
    });
  });
  child.removeAllListeners("exit");
  child.once("exit", () => {
    for (const { reject } of waiting.values()) reject(new Error(`${script.pathname} ended before it answered`));
  });
  return {
    ready,
    ask: <T>(question: string, asked: object = {}) => {
      const id = numAsked++;
      return new Promise<T>((resolve, reject) => {
        const settle =
          <A>(then: (value: A) => void) =>
          (value: A) => {
            waiting.delete(id);
            then(value);
          };
        waiting.set(id, { resolve: settle(resolve) as (answer: unknown) => void, reject: settle(reject) });
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
