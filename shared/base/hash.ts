/** SHA-256 of the bytes, 32 bytes. A port: node:crypto on servers, `nobleSha256` where a platform has none. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

/** A content hash as text: `sha256-` and 64 lower-case hex digits. */
export type ContentHash = `sha256-${string}`;

const CONTENT_HASH = /^sha256-[0-9a-f]{64}$/;

/** Content hash of the bytes: equal bytes, equal text. */
export function contentHash(sha256: Sha256, bytes: Uint8Array): ContentHash {
  return formatContentHash(sha256(bytes));
}

/** @throws RangeError unless the digest is 32 bytes long. */
export function formatContentHash(digest: Uint8Array): ContentHash {
  if (digest.length !== 32) throw new RangeError(`"digest" expected 32 bytes, got ${digest.length}`);
  return `sha256-${toHex(digest)}`;
}

/** True for `sha256-` and 64 lower-case hex digits, and nothing around them. */
export function isContentHash(text: string): text is ContentHash {
  return CONTENT_HASH.test(text);
}

/** The 32 digest bytes behind a content hash. @throws TypeError if the text is none. */
export function contentHashBytes(hash: ContentHash): Uint8Array {
  if (!isContentHash(hash)) throw new TypeError(`"hash" expected sha256-<64 hex digits>, got ${JSON.stringify(hash)}`);
  return fromHex(hash.slice("sha256-".length));
}

/** Two lower-case hex digits a byte. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** @throws TypeError unless the text is an even number of hex digits. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) {
    throw new TypeError(`"hex" expected an even number of hex digits, got ${JSON.stringify(text.slice(0, 80))}`);
  }
  // A plain loop: the inlined kernels are long, and are read while the code is cold.
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = 16 * hexDigit(text.charCodeAt(2 * i)) + hexDigit(text.charCodeAt(2 * i + 1));
  }
  return bytes;
}

/** 0..15, of the character code of one hex digit of either case. */
function hexDigit(code: number): number {
  return (code & 15) + (code > 57 ? 9 : 0); // "9" is 57; the low bits of "a" and "A" are 1
}
