import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { CorruptStoreError } from "../store/storeErrors.ts";
import { nodeStoreFiles } from "../store/storeFiles.ts";

/** The file in a coordinator's data folder. */
export function operatorTokenPath(directory: string): string {
  return join(directory, "secrets", "operator.token");
}

/**
 * What an operator shows to a coordinator: 32 random bytes in hex, drawn once, readable by its owner alone (mode 0600).
 * Deleting the file makes another one at the next start.
 * @throws CorruptStoreError if the file holds anything else.
 */
export async function loadOperatorToken(directory: string): Promise<string> {
  const path = operatorTokenPath(directory);
  const { read, makeFolder, remove, writeNew, rename, syncFolder } = nodeStoreFiles;
  const found = await read(path);
  if (found !== undefined) {
    const text = new TextDecoder().decode(found).trim();
    if (/^[0-9a-f]{64}$/.test(text)) return text;
    throw new CorruptStoreError(`${path} expected 64 hex digits; delete it, and the next start draws another token`);
  }
  const token = randomBytes(32).toString("hex");
  const folder = join(directory, "secrets");
  await makeFolder(folder);
  await remove(`${path}.tmp`); // of a start that was killed here
  await writeNew(`${path}.tmp`, new TextEncoder().encode(`${token}\n`));
  await rename(`${path}.tmp`, path);
  await syncFolder(folder);
  return token;
}
