import { toHex } from "../base/hash.ts";
import type { SecureRandom } from "../base/rng.ts";
import { SEED_BYTES } from "./strictEd25519.ts";

/** A client's or coordinator's identity is an Ed25519 key pair; its name everywhere is the public key in hex. */
export type ClientId = string;

/** 64 lower-case hex digits of a public key: the client's name in the journal, in maps and on pages. */
export function clientIdOf(publicKey: Uint8Array): ClientId {
  return toHex(publicKey);
}

/** A new private key: 32 random bytes. Whoever holds them is the identity; they never travel and are never logged. */
export function createSeed(random: SecureRandom): Uint8Array<ArrayBuffer> {
  const seed = new Uint8Array(SEED_BYTES);
  random.fill(seed);
  return seed;
}

/** What a person compares by eye or a client pins: the first 16 hex digits of the key, in groups of four. */
export function fingerprint(publicKey: Uint8Array): string {
  return (toHex(publicKey.subarray(0, 8)).match(/.{4}/g) ?? []).join(" ");
}
