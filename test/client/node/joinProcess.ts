import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { distUrl } from "../../support/dist.ts";

/** One line of `--json`. */
type JoinLine = Readonly<Record<string, unknown>> & { readonly kind: string };

export interface JoinProcess {
  readonly lines: readonly JoinLine[];
  /** Settles when a line of that kind has come, `count` of them by then; rejects if the process ends before. */
  until(kind: string, count?: number): Promise<JoinLine>;
  readonly exited: Promise<{ readonly code: number | null; readonly stderr: string }>;
  kill(signal: NodeJS.Signals): void;
}

/** The built verb `join` in a process of its own, with --json. */
export function startJoin(...args: readonly string[]): JoinProcess {
  const runner = `
    const { joinCommand } = await import(${JSON.stringify(distUrl("client/node/joinCommand.js").href)});
    const command = joinCommand().exitOverride();
    await command.parseAsync(process.argv.slice(1), { from: "user" }).catch((error) => {
      process.exitCode = error.exitCode === 1 ? 2 : error.exitCode;
      if (error.exitCode === undefined) throw error;
    });`;
  const child: ChildProcess = spawn(process.execPath, ["--input-type=module", "-e", runner, "--", ...args, "--json"], {
    cwd: fileURLToPath(new URL("../../..", import.meta.url)),
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines: JoinLine[] = [];
  const watchers = new Set<() => void>();
  let stderr = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk;
  });
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
    lines.push(JSON.parse(line) as JoinLine);
    for (const watch of watchers) watch();
  });
  const exited = new Promise<{ code: number | null; stderr: string }>((resolve) => {
    child.on("close", (code) => resolve({ code, stderr }));
  });
  return {
    lines,
    until: (kind, count = 1) =>
      new Promise((resolve, reject) => {
        const watch = (): void => {
          const found = lines.filter((line) => line.kind === kind)[count - 1];
          if (found === undefined) return;
          watchers.delete(watch);
          resolve(found);
        };
        watchers.add(watch);
        watch();
        exited.then(({ code }) => reject(new Error(`join ended with ${code} before ${count} "${kind}": ${stderr}`)));
      }),
    exited,
    kill: (signal) => void child.kill(signal),
  };
}
