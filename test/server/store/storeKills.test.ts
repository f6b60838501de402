import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readRunHistory } from "../../../server/store/runHistory.ts";
import { openStore } from "../../../server/store/sqliteStore.ts";
import type { JournalPosition } from "../../../server/store/store.ts";
import { StoreLockedError } from "../../../server/store/storeErrors.ts";
import { createRng } from "../../../shared/base/rng.ts";
import { distUrl } from "../../support/dist.ts";
import { temporaryFolder } from "../../support/temporaryFolder.ts";

const KILLS = 3;
const SEED = Number(process.env.HEADWATER_KILL_SEED ?? 1);

/** Lets another process write until it has acknowledged so many events, then kills it; returns what it acknowledged. */
async function writeUntilKilled(
  directory: string,
  numReceipts: number,
  whileRunning: (pid: number) => Promise<void>,
): Promise<JournalPosition[]> {
  const writer = spawn(
    process.execPath,
    [
      fileURLToPath(new URL("../../support/storeWriter.mjs", import.meta.url)),
      distUrl("server/store/sqliteStore.js").href,
      distUrl("server/store/runHistory.js").href,
      directory,
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const receipts: JournalPosition[] = [];
  let isKilled = false;
  for await (const line of createInterface({ input: writer.stdout })) {
    receipts.push(JSON.parse(line)); // lines that were written before the kill still come after it
    if (receipts.length < numReceipts || isKilled) continue;
    isKilled = true;
    await whileRunning(writer.pid as number);
    writer.kill("SIGKILL");
  }
  expect(isKilled).toBe(true);
  return receipts;
}

describe(`sqliteStore under kill -9 (seed ${SEED})`, () => {
  it(`loses nothing that it acknowledged in ${KILLS} kills, and its lock dies with its holder`, async () => {
    const directory = temporaryFolder();
    const rng = createRng("store kills", SEED);
    const acknowledged: JournalPosition[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const receipts = await writeUntilKilled(directory, 1 + rng.nextBelow(60), async (pid) => {
        const refusal = await openStore({ directory }).catch((error: unknown) => error);
        expect(refusal).toBeInstanceOf(StoreLockedError);
        expect((refusal as Error).message).toContain(`${directory} is in use by process ${pid}`);
      });
      acknowledged.push(...receipts);

      const store = await openStore({ directory });
      const events = [...store.events()]; // throws on a gap or a broken chain
      for (const { seq, hash } of acknowledged) expect(events[seq]?.hash).toBe(hash);
      const { commits, open, created } = readRunHistory(events);
      for (const { payloadHash } of open?.updates ?? []) expect(await store.getBlob(payloadHash)).toHaveLength(65_536);
      for (const { paramsHash } of commits.slice(-8)) expect(await store.getBlob(paramsHash)).toHaveLength(65_536);
      await store.close();

      // Nothing half-written and nothing unneeded stays: the initial params, eight commits, the open attempt's deltas.
      const numNeeded = (created ? 1 : 0) + Math.min(commits.length, 8) + (open?.updates.length ?? 0);
      const files = readdirSync(join(directory, "blobs"));
      expect(files.filter((name) => !name.startsWith("sha256-"))).toEqual([]);
      expect(files).toHaveLength(numNeeded);
    }
  });
});
