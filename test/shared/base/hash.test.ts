import { describe, expect, it } from "vitest";
import { nodeSha256 } from "../../../server/store/nodeSha256.ts";
import {
  contentHash,
  contentHashBytes,
  formatContentHash,
  fromHex,
  isContentHash,
  toHex,
} from "../../../shared/base/hash.ts";
import { nobleSha256 } from "../../../shared/base/nobleSha256.ts";

/** FIPS 180-4 examples (NIST): "abc", the empty text, and the 56-byte one. */
const VECTORS = [
  ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  [
    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  ],
] as const;

describe.each([
  ["nobleSha256", nobleSha256],
  ["nodeSha256", nodeSha256],
])("%s", (_, sha256) => {
  it.each(VECTORS)("hashes %j as FIPS 180-4 says", (text, digest) => {
    expect(toHex(sha256(new TextEncoder().encode(text)))).toBe(digest);
    expect(contentHash(sha256, new TextEncoder().encode(text))).toBe(`sha256-${digest}`);
  });

  it("hashes a view by its own bytes only", () => {
    const pool = new TextEncoder().encode("xxabcxx");
    expect(toHex(sha256(pool.subarray(2, 5)))).toBe(VECTORS[0][1]);
  });
});

describe("content hashes as text", () => {
  const hash = `sha256-${VECTORS[0][1]}` as const;

  it("turn to 32 bytes and back", () => {
    expect(contentHashBytes(hash)).toHaveLength(32);
    expect(formatContentHash(contentHashBytes(hash))).toBe(hash);
  });

  it.each([
    hash.toUpperCase(),
    hash.slice(0, -1),
    `${hash}0`,
    `${hash}\n`,
    hash.replace("sha256", "sha512"),
    "",
  ])("refuse %j", (text) => {
    expect(isContentHash(text)).toBe(false);
    expect(() => contentHashBytes(text as typeof hash)).toThrow(TypeError);
  });

  it("refuse a digest of another length", () => {
    expect(() => formatContentHash(new Uint8Array(31))).toThrow(RangeError);
  });
});

describe("hex", () => {
  it("round-trips every byte", () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    expect(fromHex(toHex(bytes))).toEqual(bytes);
    expect(fromHex(toHex(bytes).toUpperCase())).toEqual(bytes);
  });

  it.each(["0", "0g", " 00", "0x00", "00 "])("refuses %j", (text) => {
    expect(() => fromHex(text)).toThrow(TypeError);
  });
});
