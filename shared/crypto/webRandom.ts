import type { SecureRandom } from "../base/rng.ts";

/** The platform's generator: Web Crypto's `getRandomValues`, in every browser (plain http too) and in Node. */
export const webRandom: SecureRandom = {
  kind: "secure",
  fill(bytes) {
    const step = 65_536; // the most that one call may ask for
    for (let at = 0; at < bytes.length; at += step) {
      globalThis.crypto.getRandomValues(bytes.subarray(at, at + step) as Uint8Array<ArrayBuffer>);
    }
  },
};
