import { createHash } from "node:crypto";
import nacl from "tweetnacl";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../../shared/base/hash.ts";
import type { Signer, Verify } from "../../shared/crypto/signer.ts";

/** RFC 8032, section 7.1: TEST 1, TEST 2, TEST 3, TEST SHA(abc). */
const RFC_8032 = [
  {
    seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    key: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    message: "",
    signature:
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  },
  {
    seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    key: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    message: "72",
    signature:
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  },
  {
    seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    key: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    message: "af82",
    signature:
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
  },
  {
    seed: "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
    key: "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
    message:
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    signature:
      "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
  },
] as const;

/** The order of the base point. */
const L = 2n ** 252n + 27742317777372353535851937790883648493n;

/**
 * Every encoding of the eight points of small order: canonical ones, x = 0 with the sign bit set, and y >= p.
 * Source: Chalkias et al. 2020, "Taming the many EdDSAs", eprint 2020/1244, table 1.
 */
export const SMALL_ORDER_KEYS = [
  "0100000000000000000000000000000000000000000000000000000000000000", // order 1
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // order 2
  "0000000000000000000000000000000000000000000000000000000000000000", // order 4
  "0000000000000000000000000000000000000000000000000000000000000080", // order 4
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", // order 8
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85", // order 8
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", // order 8
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", // order 8
  "0100000000000000000000000000000000000000000000000000000000000080", // order 1, x = -0
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", // order 2, x = -0
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // order 1, y = p + 1
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", // order 1, y = p + 1, x = -0
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // order 4, y = p
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", // order 4, y = p
] as const;

export function addOrder(signature: Uint8Array): Uint8Array {
  const s = BigInt(`0x${toHex(signature.slice(32).reverse())}`) + L;
  const malleated = Uint8Array.from(signature);
  malleated.set(fromHex(s.toString(16).padStart(64, "0")).reverse(), 32);
  return malleated;
}

/**
 * A signature (R, S) that anybody can make for any message under the key of order 1: R = S·B, so S·B = R + k·0.
 * `publicKeyOf` gives scalar·B for a seed whose clamped hash is the scalar.
 */
export function forgeForIdentityKey(publicKeyOf: (seed: Uint8Array) => Uint8Array) {
  const seed = new Uint8Array(32).fill(9);
  const s = fromHex(scalarOf(seed).toString(16).padStart(64, "0")).reverse();
  return { key: fromHex(SMALL_ORDER_KEYS[0]), signature: Uint8Array.of(...publicKeyOf(seed), ...s) };
}

/** The scalar of a seed: the clamped half of its SHA-512, modulo L. */
function scalarOf(seed: Uint8Array): bigint {
  const half = Uint8Array.from(createHash("sha512").update(seed).digest().subarray(0, 32));
  half[0] = (half[0] as number) & 248;
  half[31] = ((half[31] as number) & 127) | 64;
  return BigInt(`0x${toHex(half.reverse())}`) % L;
}

/** A signature with R = the point of order 1 that fits the equation: r = 0, so S = k·a. Needs the secret. */
function signWithSmallR(seed: Uint8Array, publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  const point = fromHex(SMALL_ORDER_KEYS[0]);
  const digest = createHash("sha512").update(point).update(publicKey).update(message).digest();
  const k = BigInt(`0x${toHex(Uint8Array.from(digest).reverse())}`) % L;
  const s = (k * scalarOf(seed)) % L;
  return Uint8Array.of(...point, ...fromHex(s.toString(16).padStart(64, "0")).reverse());
}

/** What every pair of signer and verifier must do, whatever it is built on. */
export function describeSignatures(
  name: string,
  createSigner: (seed: Uint8Array) => Signer,
  verify: Verify,
  others: readonly Verify[],
): void {
  describe(`${name} (signature contract)`, () => {
    const signer = createSigner(new Uint8Array(32).fill(7));
    const message = new TextEncoder().encode("only deltas flow");

    it.each(RFC_8032)("reproduces RFC 8032 for the message $message", async ({ seed, key, message, signature }) => {
      const own = createSigner(fromHex(seed));
      expect(toHex(own.publicKey)).toBe(key);
      expect(toHex(await own.sign(fromHex(message)))).toBe(signature);
      expect(verify(fromHex(key), fromHex(message), fromHex(signature))).toBe(true);
    });

    it("makes signatures that every verifier accepts", async () => {
      const signature = await signer.sign(message);
      for (const other of [verify, ...others]) expect(other(signer.publicKey, message, signature)).toBe(true);
    });

    it("accepts a view into a larger buffer, as bytes arrive from a socket", async () => {
      const pool = new Uint8Array(300);
      pool.set(message, 3);
      pool.set(await signer.sign(message), 101);
      pool.set(signer.publicKey, 201);
      const view = (at: number, length: number) => Buffer.from(pool.buffer, at, length);
      expect(verify(view(201, 32), view(3, message.length), view(101, 64))).toBe(true);
    });

    it("rejects a signature, key or message with any one bit changed", async () => {
      const signature = await signer.sign(message);
      for (const bytes of [signature, signer.publicKey, message]) {
        for (let bit = 0; bit < 8 * bytes.length; bit += 5) {
          const at = bit >> 3;
          bytes[at] = (bytes[at] as number) ^ (1 << (bit & 7));
          expect(verify(signer.publicKey, message, signature)).toBe(false);
          bytes[at] = (bytes[at] as number) ^ (1 << (bit & 7));
        }
      }
      expect(verify(signer.publicKey, message, signature)).toBe(true);
    });

    it("rejects S + L, the second signature that anybody can make of a first", async () => {
      expect(verify(signer.publicKey, message, addOrder(await signer.sign(message)))).toBe(false);
    });

    it.each(SMALL_ORDER_KEYS)("rejects the small-order key %s", async (key) => {
      expect(verify(fromHex(key), message, await signer.sign(message))).toBe(false);
    });

    it.each(SMALL_ORDER_KEYS)("rejects the small-order R %s", async (point) => {
      const signature = Uint8Array.from(await signer.sign(message));
      signature.set(fromHex(point));
      expect(verify(signer.publicKey, message, signature)).toBe(false);
    });

    it("rejects a small-order R even where the equation holds", () => {
      const signature = signWithSmallR(new Uint8Array(32).fill(7), signer.publicKey, message);
      expect(nacl.sign.detached.verify(message, signature, signer.publicKey)).toBe(true); // as does OpenSSL in Node 20
      expect(verify(signer.publicKey, message, signature)).toBe(false);
    });

    it("answers false, and does not throw, for every wrong length", async () => {
      const signature = await signer.sign(message);
      for (const length of [0, 1, 31, 33, 63, 65, 128]) {
        const wrong = new Uint8Array(length);
        wrong.set(signature.subarray(0, length));
        expect(verify(signer.publicKey, message, wrong)).toBe(false);
        if (length !== 32) expect(verify(new Uint8Array(length).fill(3), message, signature)).toBe(false);
      }
    });

    it("answers false for a key that is no point of the curve", async () => {
      const signature = await signer.sign(message);
      for (let y = 2; y < 40; y++) {
        expect(verify(new Uint8Array(32).fill(0).fill(y, 0, 1), message, signature)).toBe(false);
      }
    });

    it("asks for a seed of 32 bytes", () => {
      expect(() => createSigner(new Uint8Array(31))).toThrow(/"seed" expected 32 bytes, got 31/);
    });
  });
}
