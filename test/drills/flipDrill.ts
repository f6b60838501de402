import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadCoordinatorSeed } from "../../server/store/coordinatorSeed.ts";
import { openStore } from "../../server/store/sqliteStore.ts";
import type { Store } from "../../server/store/store.ts";
import { CorruptStoreError, StoreFormatError } from "../../server/store/storeErrors.ts";
import { isContentHash } from "../../shared/base/hash.ts";
import { playRound, startRun } from "../support/sampleJournal.ts";

export interface FlipDrillOptions {
  readonly directory: string;
  /** Places per file, evenly spread; every byte of a short file. */
  readonly placesPerFile: number;
  readonly rounds: number;
}

export interface FlipDrillResult {
  /** Bytes flipped, by file. */
  readonly numFlips: Readonly<Record<string, number>>;
  readonly refused: number;
  readonly unharmed: number;
  /** Places where the store opened with less than it held, as "file@offset of length". */
  readonly lost: readonly string[];
  /** Errors that are not of the store's own kinds. */
  readonly untyped: readonly string[];
}

/**
 * Flips bits of one byte after the other in a closed store and in one whose process was killed (with a write-ahead log),
 * opens it and reads everything: either all is there, or a typed error says what is damaged.
 */
export async function runFlipDrill({ directory, placesPerFile, rounds }: FlipDrillOptions): Promise<FlipDrillResult> {
  const closed = join(directory, "closed");
  const killed = join(directory, "killed");
  const store = await openStore({ directory: closed, windowMs: 0 });
  await loadCoordinatorSeed({ directory: closed });
  await startRun(store, "all");
  for (let round = 0; round < rounds; round++) await playRound(store, round);
  const whole = await contentOf(store, closed);
  cpSync(closed, killed, { recursive: true });
  await store.close();

  const numFlips: Record<string, number> = {};
  const lost: string[] = [];
  const untyped: string[] = [];
  let refused = 0;
  let unharmed = 0;
  for (const [base, file] of [
    [closed, "journal.db"],
    [killed, "journal.db"],
    [killed, "journal.db-wal"],
    [closed, join("secrets", "coordinator.seed")],
    [closed, join("blobs", readdirSync(join(closed, "blobs"))[0] as string)],
  ] as const) {
    const bytes = readFileSync(join(base, file));
    const step = Math.max(1, Math.floor(bytes.length / placesPerFile));
    for (let at = 0; at < bytes.length; at += step) {
      const copy = join(directory, "copy");
      rmSync(copy, { recursive: true, force: true });
      cpSync(base, copy, { recursive: true });
      const flipped = Uint8Array.from(bytes);
      flipped[at] = (flipped[at] as number) ^ (1 << (at & 7));
      writeFileSync(join(copy, file), flipped);
      const name = `${base === closed ? "closed" : "killed"}/${file.startsWith("blobs") ? "blob" : file}`;
      numFlips[name] = (numFlips[name] ?? 0) + 1;
      try {
        const reopened = await openStore({ directory: copy });
        const isSame = (await contentOf(reopened, copy).finally(() => reopened.close())) === whole;
        if (isSame) unharmed++;
        else lost.push(`${name}@${at} of ${bytes.length}`);
      } catch (error) {
        if (error instanceof CorruptStoreError || error instanceof StoreFormatError) refused++;
        else untyped.push(`${name}@${at}: ${error}`);
      }
    }
  }
  return { numFlips, refused, unharmed, lost, untyped };
}

/** The chain, and every blob as read through its hash. */
async function contentOf(store: Store, directory: string): Promise<string> {
  await loadCoordinatorSeed({ directory });
  const hashes = readdirSync(join(directory, "blobs")).filter(isContentHash).sort();
  const sizes = await Promise.all(hashes.map(async (hash) => `${hash} ${(await store.getBlob(hash)).length}`));
  return [...[...store.events()].map(({ hash }) => hash), ...sizes].join();
}

/** Where the last commit in a killed store's log begins: what comes after cannot be told from a torn write. */
export function isInLastCommit(place: string, logBytes: number): boolean {
  const at = Number(/@(\d+)/.exec(place)?.[1]);
  return place.startsWith("killed/journal.db-wal") && at >= logBytes - 2 * 4120;
}

export function logBytesOf(directory: string): number {
  return statSync(join(directory, "killed", "journal.db-wal")).size;
}
