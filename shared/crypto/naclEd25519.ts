import nacl from "tweetnacl";
import type { SyncSigner, Verify } from "./signer.ts";
import { isStrictSignature, SEED_BYTES } from "./strictEd25519.ts";

/**
 * Ed25519 in plain JavaScript (tweetnacl): works in pages without a secure context. About 2 ms a signature.
 * @throws RangeError unless the seed is 32 bytes.
 */
export function createNaclSigner(seed: Uint8Array): SyncSigner {
  if (seed.length !== SEED_BYTES) throw new RangeError(`"seed" expected ${SEED_BYTES} bytes, got ${seed.length}`);
  const { publicKey, secretKey } = nacl.sign.keyPair.fromSeed(Uint8Array.from(seed));
  return { publicKey, sign: (bytes) => nacl.sign.detached(plain(bytes), secretKey) };
}

/** About 5 ms a check: for clients, which check a receipt now and then. A coordinator uses node:crypto, 50 times faster. */
export const naclVerify: Verify = (publicKey, bytes, signature) =>
  isStrictSignature(publicKey, signature) &&
  nacl.sign.detached.verify(plain(bytes), plain(signature), plain(publicKey));

/** tweetnacl throws on anything but a Uint8Array of its own realm; a view costs nothing. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
