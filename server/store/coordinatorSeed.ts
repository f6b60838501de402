import { createHash, randomBytes } from "node:crypto";
import { join, resolve } from "node:path";
import { CorruptStoreError } from "./storeErrors.ts";
import { nodeStoreFiles, type StoreFiles } from "./storeFiles.ts";

/** Of an Ed25519 private key. Source: RFC 8032, section 5.1.5. */
const SEED_BYTES = 32;

export interface CoordinatorSeedOptions {
  /** Of a store that this process has open: its lock makes the first start the only one that draws a seed. */
  readonly directory: string;
  /** A run was created under the folder's key: a missing one was lost, and its clients would refuse what another signs. */
  readonly hasRun?: boolean;
  readonly files?: StoreFiles;
  /** Random bytes of the platform; `node:crypto`'s when absent. */
  readonly draw?: (numBytes: number) => Uint8Array;
}

/**
 * The seed of the coordinator's signing key: drawn once, durable before it is used, readable by its owner alone
 * (`secrets/coordinator.seed`, mode 0600). Losing it means that the run cannot go on under the same key. The file holds
 * the seed and its SHA-256, since any 32 bytes are some key; without the digest it is one of the first version.
 * @throws CorruptStoreError if the file holds anything else; Error if it is missing although there is a run.
 */
export async function loadCoordinatorSeed(options: CoordinatorSeedOptions): Promise<Uint8Array> {
  const { hasRun = false, files = nodeStoreFiles, draw = randomBytes } = options;
  const directory = resolve(options.directory);
  const folder = join(directory, "secrets");
  const path = join(folder, "coordinator.seed");
  const found = await files.read(path);
  if (found !== undefined) return parseSeed(found, path);
  if (hasRun) {
    throw new Error(
      `${path} is missing: the run here was created under that key and cannot go on without it, since its clients refuse ` +
        "what another one signs; no other was drawn: put the file back from a backup that holds it, or from where it is kept",
    );
  }
  const seed = Uint8Array.from(draw(SEED_BYTES));
  const temporary = `${path}.tmp`;
  await files.makeFolder(folder);
  await files.remove(temporary); // of a start that was killed here
  await files.writeNew(temporary, Buffer.concat([seed, digest(seed)]));
  await files.rename(temporary, path);
  await files.syncFolder(folder);
  await files.syncFolder(directory);
  return seed;
}

function parseSeed(bytes: Uint8Array, path: string): Uint8Array {
  const seed = bytes.slice(0, SEED_BYTES);
  if (bytes.length === SEED_BYTES) return seed;
  if (bytes.length !== 2 * SEED_BYTES) {
    throw new CorruptStoreError(`${path} expected ${2 * SEED_BYTES} bytes, got ${bytes.length}`);
  }
  if (!digest(seed).equals(bytes.subarray(SEED_BYTES))) {
    throw new CorruptStoreError(`${path} expected a key and its digest, and they do not match`);
  }
  return seed;
}

function digest(seed: Uint8Array): Buffer {
  return createHash("sha256").update(seed).digest();
}
