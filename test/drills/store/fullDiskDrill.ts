import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { readRunHistory } from "../../../server/store/runHistory.ts";
import { openStore } from "../../../server/store/sqliteStore.ts";
import type { JournalPosition } from "../../../server/store/store.ts";
import { createRng } from "../../../shared/base/rng.ts";
import { checkFinished, checkRecovered, playToEnd } from "./workload.ts";

export interface FullDiskDrillResult {
  /** How often the disk was full. */
  readonly numFull: number;
  readonly numAcknowledged: number;
  readonly reasons: readonly string[];
}

/**
 * Fills a real file system of a few MiB to its last byte while a store writes, again and again, at another moment each
 * time; frees it, and lets the store go on without a new start.
 */
export async function runFullDiskDrill(disk: string, times: number, seed: number): Promise<FullDiskDrillResult> {
  const rng = createRng(seed, "full disk");
  const directory = join(disk, "data");
  const filler = join(disk, "filler");
  const store = await openStore({ directory, windowMs: 0 });
  const acknowledged: JournalPosition[] = [];
  const reasons = new Set<string>();
  let numFull = 0;
  let fillAfter = rng.nextBelow(40);
  const ack = (position: JournalPosition): void => {
    acknowledged.push(position);
    if (fillAfter-- === 0) fill(disk, filler);
  };
  while (numFull < times) {
    const rounds = readRunHistory(store.events()).commits.length + 40;
    try {
      await playToEnd(store, { rounds, ack });
    } catch {
      numFull++;
      expect(store.canReopen, store.readOnlyReason).toBe(true);
      reasons.add((store.readOnlyReason as string).replace(/'.*'/, "..."));
      expect(await store.reopen(), "while it is full").toBe(false);
      await checkRecovered(store, acknowledged);
      rmSync(filler);
      expect(await store.reopen(), store.readOnlyReason).toBe(true);
      fillAfter = rng.nextBelow(40);
    }
  }
  const rounds = readRunHistory(store.events()).commits.length + 1;
  await playToEnd(store, { rounds, ack });
  checkFinished(store, rounds);
  await store.close();
  const again = await openStore({ directory });
  await checkRecovered(again, acknowledged);
  await again.close();
  return { numFull, numAcknowledged: acknowledged.length, reasons: [...reasons] };
}

function fill(disk: string, filler: string): void {
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(filler, new Uint8Array(bavail * bsize), { flag: "a" });
}
