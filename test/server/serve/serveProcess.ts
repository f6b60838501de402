import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { distUrl } from "../../support/dist.ts";
import { temporaryFolder } from "../../support/temporaryFolder.ts";
import { tinyModel } from "../../support/testCoordinator.ts";

type Line = Readonly<Record<string, unknown>>;

export interface ServeProcess {
  /** What `--json` said when it had started. */
  readonly started: {
    readonly url: string;
    readonly port: number;
    readonly directory: string;
    readonly metricsUrl?: string;
  };
  /** The next log line with this message, or one that has come already and was not asked for yet. */
  logged(message: string): Promise<Line>;
  readonly exited: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
  kill(signal: NodeJS.Signals): void;
}

export interface ServeOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Fields of the run file beside the least. */
  readonly run?: object;
}

/** The built `headwater serve` with a run of a ten-param model, on any free port. */
export async function startServe({ args = [], env = {}, run = {} }: ServeOptions = {}): Promise<ServeProcess> {
  const folder = temporaryFolder();
  const runFile = join(folder, "run.json");
  const cohort = { size: 1, quorum: 1 };
  writeFileSync(runFile, JSON.stringify({ name: "tiny", model: tinyModel().document, cohort, rounds: 1, ...run }));
  const command = [fileURLToPath(distUrl("cli/headwater.js")), "serve", runFile, "--port", "0", "--json"];
  const child = spawn(process.execPath, [...command, "--data", join(folder, "data"), ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const logs: Line[] = [];
  const waiting = new Set<() => void>();
  let [stdout, stderr] = ["", ""];
  createInterface({ input: child.stderr }).on("line", (line) => {
    stderr += `${line}\n`;
    if (line.startsWith("{")) logs.push(JSON.parse(line) as Line);
    for (const look of waiting) look();
  });
  const exited: ServeProcess["exited"] = new Promise((resolve) => {
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
  const started = await new Promise<ServeProcess["started"]>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (stdout === "") resolve(JSON.parse(line) as ServeProcess["started"]);
      stdout += `${line}\n`;
    });
    exited.then(({ code }) => reject(new Error(`serve ended with ${code}: ${stderr}`)));
  });
  return {
    started,
    exited,
    kill: (signal) => void child.kill(signal),
    logged: (message) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const at = logs.findIndex(({ msg }) => msg === message);
          if (at < 0) return;
          waiting.delete(look);
          resolve(logs.splice(at, 1)[0] as Line);
        };
        waiting.add(look);
        look();
        exited.then(({ code }) => reject(new Error(`serve ended with ${code} before "${message}": ${stderr}`)));
      }),
  };
}
