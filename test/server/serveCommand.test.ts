import { spawn } from "node:child_process";
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { distUrl } from "../support/dist.ts";
import { temporaryFolder } from "../support/temporaryFolder.ts";

it("says how to start again with the folder and the port that were named, and keeps its files from others", async () => {
  const data = join(temporaryFolder(), "my-run");
  mkdirSync(data, { mode: 0o755 });
  const args = ["serve", "--port", "0", "--data", data, "--demo-clients", "0"];
  const child = spawn(process.execPath, [fileURLToPath(distUrl("cli/headwater.js")), ...args]);
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    if (!output.includes("Stop") && `${output}${text}`.includes("Stop")) child.kill("SIGINT");
    output += text;
  });
  const code = await new Promise((resolve) => child.once("exit", resolve));
  expect(code).toBe(130);
  expect(output).toMatch(/^ {12}npx headwater join http:\/\/127\.0\.0\.1:\d+ --data mnist --shard 50\/100$/m);
  if (process.platform !== "win32") expect(statSync(join(data, "journal.db")).mode & 0o777).toBe(0o600);
  expect(output).toContain(`\`npm start -- --data ${data} --port 0\` goes on from there.`);
});
