import { randomBytes, randomFillSync } from "node:crypto";
import { link, mkdir, readFile, stat, unlink } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, parse } from "node:path";
import * as v from "valibot";
import { fromHex, toHex } from "../../shared/base/hash.ts";
import type { SecureRandom } from "../../shared/base/rng.ts";
import { createSeed } from "../../shared/crypto/identity.ts";
import { createNaclSigner } from "../../shared/crypto/naclEd25519.ts";
import type { Signer } from "../../shared/crypto/signer.ts";
import { syncFolderOf, writeDurably } from "./durableFile.ts";

const hex32 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const identitySchema = v.object({
  format: v.literal("headwater-identity/1"),
  /** Ed25519 public key and private seed, lower-case hex. */
  publicKey: hex32,
  seed: hex32,
});

const secureRandom: SecureRandom = { kind: "secure", fill: (bytes) => void randomFillSync(bytes) };

/** The fault lies in the file; the message says how to mend it. */
export class IdentityFileError extends Error {
  override readonly name = "IdentityFileError";
}

/** $XDG_CONFIG_HOME/headwater/identity.json, by default in ~/.config. */
export function defaultIdentityPath(env: NodeJS.ProcessEnv = process.env): string {
  return join(env.XDG_CONFIG_HOME || join(homedir(), ".config"), "headwater", "identity.json");
}

/** identity.json -> identity.receipts.jsonl */
export function besideIdentity(identityPath: string, ending: string): string {
  const { dir, name } = parse(identityPath);
  return join(dir, `${name}.${ending}`);
}

/**
 * The signer whose key lies in the file; a new key is made, and durably written with mode 0600, if there is no file.
 * @throws IdentityFileError if the file is no identity, or others can read it.
 */
export async function openIdentityFile(path: string): Promise<{ readonly signer: Signer; readonly isNew: boolean }> {
  const existing = await readIdentity(path);
  if (existing !== undefined) return { signer: existing, isNew: false };
  const isNew = await writeIdentity(path);
  const signer = await readIdentity(path);
  if (signer === undefined) throw new IdentityFileError(`${path} vanished while it was made`);
  return { signer, isNew };
}

async function readIdentity(path: string): Promise<Signer | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new IdentityFileError(`${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  const { mode } = await stat(path);
  if (process.platform !== "win32" && (mode & 0o077) !== 0) {
    const got = (mode & 0o777).toString(8);
    throw new IdentityFileError(`${path} expected mode 600, got ${got}: others may read this key; chmod 600 ${path}`);
  }
  const { publicKey, seed } = parseIdentity(path, text);
  const signer = createNaclSigner(fromHex(seed));
  if (toHex(signer.publicKey) !== publicKey) throw damaged(path, "its key and its seed do not belong together");
  return signer;
}

function parseIdentity(path: string, text: string): v.InferOutput<typeof identitySchema> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw damaged(path, "it is not JSON");
  }
  const result = v.safeParse(identitySchema, json);
  if (!result.success) throw damaged(path, `"${v.getDotPath(result.issues[0]) ?? "format"}" is missing or wrong`);
  return result.output;
}

function damaged(path: string, reason: string): IdentityFileError {
  return new IdentityFileError(
    `${path} is no identity file: ${reason}; restore it, or move it away to take part under a new key`,
  );
}

/** Makes a key durably: written and synced under another name, then linked. False if another process was first. */
async function writeIdentity(path: string): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const seed = createSeed(secureRandom);
  const publicKey = toHex(createNaclSigner(seed).publicKey);
  const text = `${JSON.stringify({ format: "headwater-identity/1", publicKey, seed: toHex(seed) }, null, 2)}\n`;
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  await writeDurably(temporary, "wx", text);
  try {
    await link(temporary, path); // fails if the name is taken, where a rename would replace another's key
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  } finally {
    await unlink(temporary);
  }
  await syncFolderOf(path);
  return true;
}
