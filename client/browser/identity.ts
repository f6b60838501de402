import { toHex } from "../../shared/base/hash.ts";
import { createSeed, fingerprint } from "../../shared/crypto/identity.ts";
import { createNaclSigner } from "../../shared/crypto/naclEd25519.ts";
import type { Signer } from "../../shared/crypto/signer.ts";
import { webRandom } from "../../shared/crypto/webRandom.ts";
import type { ClientDatabase, StoredIdentity } from "./database.ts";

/** The key by which coordinators know this browser. */
export interface BrowserIdentity {
  readonly signer: Signer;
  /** Public key, 64 hex digits. */
  readonly clientKey: string;
  /** Its beginning, for the eye. */
  readonly fingerprint: string;
  /**
   * "non-extractable": scripts of this page can use the key but nobody can read it. "stored-seed" is weaker: whoever
   * runs a script in this page can copy it. Plain http pages and older browsers have only that.
   */
  readonly protection: StoredIdentity["protection"];
  /** False where the browser keeps nothing: the key ends with the page. */
  readonly persisted: boolean;
}

/** The identity of earlier visits, or a new one. Without a database it lasts as long as the page. */
export async function openIdentity(database: ClientDatabase | undefined): Promise<BrowserIdentity> {
  const stored = await database?.get("identity", "default");
  if (stored !== undefined) return identityFrom(stored, true);
  const fresh = await createIdentity();
  if (database === undefined) return identityFrom(fresh, false);
  const transaction = database.transaction("identity", "readwrite");
  const raced = await transaction.store.get("default"); // another tab may have been first
  if (raced === undefined) await transaction.store.put(fresh, "default");
  await transaction.done;
  return identityFrom(raced ?? fresh, true);
}

async function createIdentity(): Promise<StoredIdentity> {
  return (await createWebCryptoKey()) ?? { protection: "stored-seed", seed: createSeed(webRandom) };
}

/** Undefined where WebCrypto (plain http) or its Ed25519 (older browsers) is missing. */
async function createWebCryptoKey(): Promise<StoredIdentity | undefined> {
  const subtle = globalThis.isSecureContext ? globalThis.crypto.subtle : undefined;
  if (subtle === undefined) return undefined;
  try {
    const pair = (await subtle.generateKey("Ed25519", false, ["sign", "verify"])) as CryptoKeyPair;
    const publicKey = new Uint8Array(await subtle.exportKey("raw", pair.publicKey));
    return { protection: "non-extractable", privateKey: pair.privateKey, publicKey };
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotSupportedError") return undefined;
    throw error;
  }
}

function identityFrom(stored: StoredIdentity, persisted: boolean): BrowserIdentity {
  const signer = stored.protection === "stored-seed" ? createNaclSigner(stored.seed) : webCryptoSigner(stored);
  const { publicKey } = signer;
  const { protection } = stored;
  return { signer, clientKey: toHex(publicKey), fingerprint: fingerprint(publicKey), protection, persisted };
}

function webCryptoSigner(stored: StoredIdentity & { protection: "non-extractable" }): Signer {
  return {
    publicKey: stored.publicKey,
    async sign(bytes) {
      const own = Uint8Array.from(bytes); // WebCrypto takes no view of shared memory
      return new Uint8Array(await globalThis.crypto.subtle.sign("Ed25519", stored.privateKey, own));
    },
  };
}
