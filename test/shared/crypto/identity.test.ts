import { describe, expect, it } from "vitest";
import { clientIdOf, createSeed, fingerprint } from "../../../shared/crypto/identity.ts";
import { webRandom } from "../../../shared/crypto/webRandom.ts";

describe("identity", () => {
  it("names a key by its 64 hex digits and shows a person the first sixteen", () => {
    const key = Uint8Array.from({ length: 32 }, (_, i) => i);
    expect(clientIdOf(key)).toBe("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    expect(fingerprint(key)).toBe("0001 0203 0405 0607");
  });

  it("draws seeds of 32 bytes that differ", () => {
    const seeds = new Set(Array.from({ length: 20 }, () => clientIdOf(createSeed(webRandom))));
    expect(seeds.size).toBe(20);
    expect([...seeds].every((seed) => seed.length === 64)).toBe(true);
  });
});

describe("webRandom", () => {
  it("fills more than the 65,536 bytes that one call of the platform may give", () => {
    const bytes = new Uint8Array(200_000);
    webRandom.fill(bytes);
    // 32 zero bytes in a row at any of 4 places: chance 4 * 2^-256.
    for (const at of [0, 65_536, 131_072, 199_968]) {
      expect(bytes.subarray(at, at + 32).some((byte) => byte !== 0)).toBe(true);
    }
  });
});
