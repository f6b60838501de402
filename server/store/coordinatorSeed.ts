import { randomBytes } from "node:crypto";
import { join, resolve } from "node:path";
import { CorruptStoreError } from "./storeErrors.ts";
import { nodeStoreFiles, type StoreFiles } from "./storeFiles.ts";

/** Of an Ed25519 private key. Source: RFC 8032, section 5.1.5. */
const SEED_BYTES = 32;

export interface CoordinatorSeedOptions {
  /** Of a store that this process has open: its lock makes the first start the only one that draws a seed. */
  readonly directory: string;
  readonly files?: StoreFiles;
  /** Random bytes of the platform; `node:crypto`'s when absent. */
  readonly draw?: (numBytes: number) => Uint8Array;
}

/**
 * The seed of the coordinator's signing key: drawn once, durable before it is used, readable by its owner alone
 * (`secrets/coordinator.seed`, mode 0600). Losing it means that the run cannot go on under the same key.
 * @throws CorruptStoreError if the file does not hold 32 bytes.
 */
export async function loadCoordinatorSeed(options: CoordinatorSeedOptions): Promise<Uint8Array> {
  const { files = nodeStoreFiles, draw = randomBytes } = options;
  const directory = resolve(options.directory);
  const folder = join(directory, "secrets");
  const path = join(folder, "coordinator.seed");
  const found = await files.read(path);
  if (found !== undefined) {
    if (found.length === SEED_BYTES) return found;
    throw new CorruptStoreError(`${path} expected ${SEED_BYTES} bytes, got ${found.length}; restore it from a backup`);
  }
  const seed = Uint8Array.from(draw(SEED_BYTES));
  const temporary = `${path}.tmp`;
  await files.makeFolder(folder);
  await files.remove(temporary); // of a start that was killed here
  await files.writeNew(temporary, seed);
  await files.rename(temporary, path);
  await files.syncFolder(folder);
  await files.syncFolder(directory);
  return seed;
}
