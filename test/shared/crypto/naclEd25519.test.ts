import nacl from "tweetnacl";
import { describe, expect, it } from "vitest";
import { nodeVerify } from "../../../server/crypto/nodeEd25519.ts";
import { fromHex } from "../../../shared/base/hash.ts";
import { createNaclSigner, naclVerify } from "../../../shared/crypto/naclEd25519.ts";
import { isStrictPublicKey } from "../../../shared/crypto/strictEd25519.ts";
import { addOrder, describeSignatures, forgeForIdentityKey, SMALL_ORDER_KEYS } from "../../contract/signature.ts";

describeSignatures("tweetnacl", createNaclSigner, naclVerify, [nodeVerify]);

describe("the strict pre-check", () => {
  const message = Uint8Array.of(1, 2, 3);

  it("is what stops S + L: tweetnacl alone accepts it", () => {
    const { publicKey, secretKey } = nacl.sign.keyPair.fromSeed(new Uint8Array(32).fill(5));
    const malleated = addOrder(nacl.sign.detached(message, secretKey));
    expect(nacl.sign.detached.verify(message, malleated, publicKey)).toBe(true);
    expect(naclVerify(publicKey, message, malleated)).toBe(false);
  });

  it("is what stops a forgery without any secret: tweetnacl alone accepts the identity key", () => {
    const publicKeyOf = (seed: Uint8Array) => nacl.sign.keyPair.fromSeed(seed).publicKey;
    const { key, signature } = forgeForIdentityKey(publicKeyOf);
    expect(nacl.sign.detached.verify(message, signature, key)).toBe(true);
    expect(naclVerify(key, message, signature)).toBe(false);
  });

  it("refuses every small-order key at enrolment and takes honest ones", () => {
    for (const key of SMALL_ORDER_KEYS) expect(isStrictPublicKey(fromHex(key))).toBe(false);
    for (let i = 0; i < 50; i++) {
      expect(isStrictPublicKey(createNaclSigner(new Uint8Array(32).fill(i)).publicKey)).toBe(true);
    }
  });

  it("refuses keys whose y is not below the prime", () => {
    const belowPrime = new Uint8Array(32).fill(255);
    belowPrime[31] = 127;
    for (let low = 0xed; low <= 0xff; low++) {
      belowPrime[0] = low;
      expect(isStrictPublicKey(belowPrime)).toBe(false);
    }
    belowPrime[0] = 0xeb; // p - 2 is not of small order; canonical, whatever point it is
    expect(isStrictPublicKey(belowPrime)).toBe(true);
  });
});
