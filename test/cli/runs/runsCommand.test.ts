import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { runsCommand } from "../../../cli/runs/runsCommand.ts";
import { type Ended, runVerb } from "../../simulations/support/runVerb.ts";
import { type OperatedCoordinator, startOperatedCoordinator, tinyRun } from "../../support/operatedCoordinator.ts";
import { temporaryFolder } from "../../support/temporaryFolder.ts";
import { tinyModel } from "../../support/testCoordinator.ts";

afterEach(() => {
  process.exitCode = undefined;
});

/** `headwater runs ...` against a coordinator, its token taken from the data folder. */
async function runs({ url, directory }: OperatedCoordinator, ...args: string[]): Promise<Ended> {
  const ended = await runVerb(runsCommand(), [...args, "--url", url, "--data", directory]);
  return { ...ended, code: ended.code || Number(process.exitCode ?? 0) };
}

function write(name: string, value: unknown): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, typeof value === "string" ? value : JSON.stringify(value));
  return path;
}

it("leads a run from its making to its end", async () => {
  const coordinator = await startOperatedCoordinator();
  const file = write("run.json", tinyRun("mine"));
  expect(await runs(coordinator, "create", file)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/mine is made; .*paused/),
  });
  expect((await runs(coordinator, "start", "mine")).stdout).toMatch(/mine started {3}idle/);
  expect((await runs(coordinator, "pause", "mine", "--reason", "night")).stdout).toMatch(/paused/);
  expect((await runs(coordinator, "show", "mine")).stdout).toMatch(/state +paused\n +reason +night\n/);
  expect((await runs(coordinator, "resume", "mine")).stdout).toMatch(/mine goes on/);
  expect((await runs(coordinator, "show", "mine")).stdout).not.toMatch(/reason/);
  expect((await runs(coordinator, "fork", "mine", "other", "--set", "local.epochs=4")).code).toBe(0);
  const listed = await runs(coordinator, "list");
  expect(listed.stdout).toMatch(/first \(default\).*\n.*mine.*\n.*other.*paused/);
  const shown = JSON.parse((await runs(coordinator, "show", "other", "--json")).stdout);
  expect(shown.run).toMatchObject({ name: "other", local: { epochs: 4 } });
  expect((await runs(coordinator, "stop", "mine", "--yes", "--reason", "enough")).stdout).toMatch(/stopped/);
  expect((await runs(coordinator, "show", "mine")).stdout).toMatch(/state +stopped\n +reason +enough\n/);
  expect((await runs(coordinator, "delete", "mine", "--confirm", "mine")).stdout).toMatch(/mine is deleted/);
  expect((await runs(coordinator, "list", "--json")).stdout).not.toContain("mine");
});

it("sends a model document and params from files beside the run file", async () => {
  const coordinator = await startOperatedCoordinator();
  const folder = temporaryFolder();
  mkdirSync(join(folder, "models"));
  writeFileSync(join(folder, "models", "tiny.json"), JSON.stringify(tinyModel().document));
  writeFileSync(join(folder, "run.json"), JSON.stringify({ name: "mine", model: "models/tiny.json" }));
  const { paramsHash } = coordinator.status().live;
  const params = join(folder, "start.safetensors");
  const response = await fetch(`${coordinator.url}/api/params/${paramsHash}`);
  writeFileSync(params, new Uint8Array(await response.arrayBuffer()));
  expect(readFileSync(params).length).toBeGreaterThan(40);
  const made = await runs(coordinator, "create", join(folder, "run.json"), "--params", params, "--json");
  expect(JSON.parse(made.stdout)).toMatchObject({ name: "mine", model: "tiny" });
  expect(JSON.parse((await runs(coordinator, "show", "mine", "--json")).stdout).live.paramsHash).toBe(paramsHash);
});

it.each([
  ["a run that is not there", ["pause", "nope"], 1, /no run "nope"; there are first \(NOT_FOUND\)/],
  ["a stop without --yes", ["stop", "first"], 2, /add --yes to stop first/],
  ["a deletion without its name", ["delete", "first"], 2, /add --confirm first/],
  ["a run file that is not there", ["create", "/nowhere/run.json"], 2, /cannot be read/],
  ["a file with a misspelt key", ["create", "FILE"], 2, /"rouds" is not a known key/],
  ["an assignment without a value", ["fork", "first", "x", "--set", "rounds"], 2, /path=value/],
])("answers %s with what to do, and how it ended", async (_, args, code, message) => {
  const coordinator = await startOperatedCoordinator();
  const file = write("run.json", tinyRun("x", { rouds: 3 }));
  const ended = await runs(coordinator, ...args.map((arg) => (arg === "FILE" ? file : arg)));
  expect(ended).toMatchObject({ code, stdout: "", stderr: expect.stringMatching(message) });
});

it("says where it looked when there is no token, and no coordinator", async () => {
  const coordinator = await startOperatedCoordinator();
  const elsewhere = { ...coordinator, directory: temporaryFolder() };
  const none = await runs(elsewhere, "pause", "first");
  expect(none).toMatchObject({ code: 2, stderr: expect.stringMatching(/no operator token.*HEADWATER_OPERATOR_TOKEN/) });
  const file = write("operator.token", `${coordinator.token}\n`);
  expect((await runs(elsewhere, "pause", "first", "--token-file", file)).code).toBe(0);
  const wrong = write("operator.token", "0".repeat(64));
  const refused = await runs(elsewhere, "pause", "first", "--token-file", wrong);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/UNAUTHENTICATED/) });
  await coordinator.close();
  expect(await runs(coordinator, "list")).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /no coordinator answers at http:\/\/127\.0\.0\.1:\d+\/ \(ECONNREFUSED\); is it running/,
    ),
  });
});
