/**
 * Signs with one Ed25519 key. A port: tweetnacl (everywhere), node:crypto (servers), WebCrypto (pages in a secure
 * context). Where the key lives is the implementation's matter; it may be unreadable even to the page that uses it.
 */
export interface Signer {
  /** Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** The 64-byte signature of RFC 8032 (pure Ed25519, no prehash); the same bytes give the same signature. */
  sign(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** A signer whose key is at hand: coordinators sign receipts within the handling of an event. */
export interface SyncSigner extends Signer {
  sign(bytes: Uint8Array): Uint8Array;
}

/**
 * True if the signature is this key's over these bytes. Every implementation first asks `isStrictSignature`; a wrong
 * length or a hostile key is `false`, never an exception.
 */
export type Verify = (publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array) => boolean;
