import { cpSync, existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { expect, it } from "vitest";
import { createNodeSigner } from "../../../server/crypto/nodeEd25519.ts";
import { createRunShelf } from "../../../server/runs/runShelf.ts";
import { loadCoordinatorSeed } from "../../../server/store/coordinatorSeed.ts";
import { openStore } from "../../../server/store/sqliteStore.ts";
import { webRandom } from "../../../shared/crypto/webRandom.ts";
import { startOperatedCoordinator, tinyRun } from "../../support/operatedCoordinator.ts";
import { bytesOf } from "../../support/sampleJournal.ts";
import { temporaryFolder } from "../../support/temporaryFolder.ts";

/** A log, and the entries that concern this run. */
function logOf() {
  const lines: string[] = [];
  const logger = pino({ level: "error" }, { write: (line: string) => void lines.push(line) });
  const about = (runId: string) => lines.map((line) => JSON.parse(line)).filter((entry) => entry.runId === runId);
  return { logger, about };
}

it("a run whose journal was lost is told and left as it is, and the others go on", async () => {
  const directory = temporaryFolder();
  const first = await startOperatedCoordinator({ directory });
  const { body } = await first.ask("POST", "/api/runs", tinyRun("lost"));
  await first.ask("POST", "/api/runs", tinyRun("whole"));
  await first.close();
  const folder = join(directory, "runs", body.runId);
  rmSync(join(folder, "journal.db"));

  const { logger, about } = logOf();
  const again = await startOperatedCoordinator({ directory, logger });
  const { runs } = (await again.ask("GET", "/api/runs")).body;
  expect(runs.map(({ name }: { name: string }) => name)).toEqual(["first", "whole"]);
  expect(about(body.runId)).toMatchObject([
    {
      msg: expect.stringMatching(/cannot be opened.*left as it is/),
      err: { message: expect.stringMatching(/journal\.db .* is missing; .*restore a backup/) },
    },
  ]);
  expect(readdirSync(join(folder, "blobs"))).toHaveLength(1);
});

it("a run whose journal begins with another event is told and left as it is", async () => {
  const directory = temporaryFolder();
  await loadCoordinatorSeed({ directory }); // which is there before any further run
  const runId = "0".repeat(32);
  const folder = join(directory, "runs", runId);
  const store = await openStore({ directory: folder });
  await store.append({ kind: "run-paused", reason: "test" });
  await store.close();

  const { logger, about } = logOf();
  await startOperatedCoordinator({ directory, logger });
  expect(about(runId)).toMatchObject([
    { err: { message: expect.stringMatching(/expected "run-created" as its first event, got "run-paused"/) } },
  ]);
  expect(existsSync(join(folder, "journal.db"))).toBe(true);
});

it("a run that was created under another key is told and left as it is, and the others go on", async () => {
  const directory = temporaryFolder();
  const first = await startOperatedCoordinator({ directory });
  await first.ask("POST", "/api/runs", tinyRun("own"));
  await first.close();
  const other = await startOperatedCoordinator();
  const { body } = await other.ask("POST", "/api/runs", tinyRun("foreign"));
  await other.close();
  const folder = join(directory, "runs", body.runId);
  cpSync(join(other.directory, "runs", body.runId), folder, { recursive: true });

  const { logger, about } = logOf();
  const again = await startOperatedCoordinator({ directory, logger });
  const { runs } = (await again.ask("GET", "/api/runs")).body;
  expect(runs.map(({ name }: { name: string }) => name)).toEqual(["first", "own"]);
  expect(about(body.runId)).toMatchObject([
    {
      msg: expect.stringMatching(/cannot be opened.*left as it is/),
      err: {
        message: expect.stringMatching(/created under the coordinator key .*; put the right .*coordinator\.seed/),
      },
    },
  ]);
  expect(existsSync(join(folder, "journal.db"))).toBe(true);
});

it("no new key is drawn beside further runs, though the default run is gone", async () => {
  const directory = temporaryFolder();
  const first = await startOperatedCoordinator({ directory });
  await first.ask("POST", "/api/runs", tinyRun("other"));
  await first.close();
  for (const name of ["journal.db", "blobs", "secrets"]) rmSync(join(directory, name), { recursive: true });
  await expect(startOperatedCoordinator({ directory })).rejects.toThrow(/coordinator\.seed is missing/);
  expect(existsSync(join(directory, "secrets"))).toBe(false);
});

it("a run whose making was cut short once its params were stored is cleared away", async () => {
  const directory = temporaryFolder();
  await loadCoordinatorSeed({ directory });
  const store = await openStore({ directory: join(directory, "runs", "0".repeat(32)) });
  await store.putBlob(bytesOf("params"));
  await store.close();
  const { logger, about } = logOf();
  await startOperatedCoordinator({ directory, logger });
  expect(about("0".repeat(32))).toEqual([]);
  expect(readdirSync(join(directory, "runs"))).toEqual([]);
});

it("the default run is not begun anew over the blobs of one whose journal was lost, and its key and the others stay", async () => {
  const directory = temporaryFolder();
  const first = await startOperatedCoordinator({ directory });
  await first.ask("POST", "/api/runs", tinyRun("other"));
  await first.close();
  rmSync(join(directory, "journal.db"));
  const before = readdirSync(directory, { recursive: true }).sort();
  await expect(startOperatedCoordinator({ directory })).rejects.toThrow(
    /journal\.db expected the events of the run whose blob lies in .*, and is missing; .*restore a backup/,
  );
  expect(readdirSync(directory, { recursive: true }).sort()).toEqual(before);

  rmSync(join(directory, "blobs"), { recursive: true }); // as the message says
  const again = await startOperatedCoordinator({ directory });
  expect(again.fingerprint).toBe(first.fingerprint);
  expect((await again.ask("GET", "/api/runs")).body.runs).toHaveLength(2);
});

it("a run is deleted from a full disk, which has no room to close its journal in good order", async () => {
  const directory = temporaryFolder();
  const coordinator = await startOperatedCoordinator({ directory });
  const { body } = await coordinator.ask("POST", "/api/runs", tinyRun("doomed"));
  await coordinator.close();
  const coordinatorKey = createNodeSigner(await loadCoordinatorSeed({ directory })).publicKey;
  const shelf = createRunShelf({ directory, coordinatorKey, random: webRandom });
  const [shelved] = await shelf.open((_, error) => expect.fail(String(error)));
  if (shelved === undefined) throw new Error("expected the run");
  const { store } = shelved;
  const close = () => store.close().then(() => Promise.reject(new Error("database or disk is full")));
  await shelf.remove({ ...shelved, store: { ...store, close } });
  expect(existsSync(join(directory, "runs", body.runId))).toBe(false);
});
