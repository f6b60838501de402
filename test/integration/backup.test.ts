import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { backUp } from "../../server/maintenance/backup.ts";
import { examine } from "../../server/maintenance/doctor.ts";
import { restore } from "../../server/maintenance/restore.ts";
import { type Coordinator, startCoordinator } from "../../server/startCoordinator.ts";
import { verifyStore } from "../../server/verify/verifyStore.ts";
import { joinRawClient } from "../support/rawClient.ts";
import { temporaryFolder } from "../support/temporaryFolder.ts";
import { tinyModel } from "../support/testCoordinator.ts";

const start = (directory: string): Promise<Coordinator> =>
  startCoordinator({
    directory,
    model: tinyModel(),
    plan: { name: "kept", rounds: null, cohort: { size: 1, quorum: 1 }, deadlineMs: 60_000, retention: "all" },
    port: 0,
    timing: { gatherMs: 0, minRoundMs: 0 },
  });

/** One client answers until so many rounds are committed. */
async function playUntil(coordinator: Coordinator, version: number): Promise<void> {
  const client = await joinRawClient(coordinator.url, "a");
  while (coordinator.status().live.version < version) {
    await client.send(await client.update(await client.offer()));
    await client.next("commit");
  }
  client.close();
}

/** Paths of a data folder, of a backup of it, and of what is restored from that; none is there yet. */
function folders() {
  const root = temporaryFolder();
  return { data: join(root, "data"), backup: join(root, "backup"), restored: join(root, "restored") };
}

it("restores a backup of a running coordinator, and the run goes on from it under the same key", async () => {
  const { data, backup, restored } = folders();
  const first = await start(data);
  await playUntil(first, 2);
  const made = await backUp({ directory: data, to: backup, nowMs: Date.now() });
  await playUntil(first, 4); // it never noticed, and what comes now is not in the backup
  await first.close();

  await restore({ from: backup, directory: restored });
  expect(
    (await examine({ directory: restored, nowMs: Date.now() })).findings.filter(({ level }) => level !== "ok"),
  ).toEqual([]);
  const second = await start(restored);
  expect(second).toMatchObject({ isContinued: true, fingerprint: first.fingerprint });
  expect(second.status().live.version).toBe(2);
  await playUntil(second, 3);
  await second.close();

  const report = await verifyStore(restored);
  expect(report).toMatchObject({ ok: true, level: "models", numModelsRecomputed: report.numCommits });
  expect(report.numEvents).toBeGreaterThan((made.stores[0]?.head?.seq ?? 0) + 1);
});

it("does not start a backup made without its key under another one, and goes on once the key is put back", async () => {
  const { data, backup, restored } = folders();
  const first = await start(data);
  await playUntil(first, 1);
  await first.close();
  await backUp({ directory: data, to: backup, withoutKey: true, nowMs: Date.now() });
  await restore({ from: backup, directory: restored });

  const key = join("secrets", "coordinator.seed");
  await expect(start(restored)).rejects.toThrow(/coordinator\.seed is missing: the run here .* put the file back/);
  expect(existsSync(join(restored, key))).toBe(false);
  const findings = (await examine({ directory: restored, nowMs: Date.now() })).findings;
  expect(findings.filter(({ level }) => level === "error")).toMatchObject([{ check: "key" }]);

  mkdirSync(join(restored, "secrets"), { recursive: true, mode: 0o700 });
  copyFileSync(join(data, key), join(restored, key));
  const second = await start(restored);
  expect(second).toMatchObject({ isContinued: true, fingerprint: first.fingerprint });
  await playUntil(second, 2);
  await second.close();
});
