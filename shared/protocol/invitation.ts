import { type ContentHash, contentHash, type Sha256 } from "../base/hash.ts";
import type { SecureRandom } from "../base/rng.ts";
import { SIZES } from "./limits.ts";

/** A secret that lets one key into a run: 32 random bytes. The coordinator keeps its hash alone. */
export function createInvitation(random: SecureRandom): Uint8Array {
  const secret = new Uint8Array(SIZES.invitation);
  random.fill(secret);
  return secret;
}

export function invitationHash(secret: Uint8Array, sha256: Sha256): ContentHash {
  return contentHash(sha256, secret);
}

/** Base64url without padding, 43 characters: what stands in a link and is typed into a terminal. */
export function invitationText(secret: Uint8Array): string {
  return btoa(String.fromCharCode(...secret))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
}

/** The secret of an invitation, or of a link that ends in `#invitation=<invitation>`. @throws TypeError if it is none. */
export function parseInvitation(text: string): Uint8Array {
  const bare = text.trim().replace(/^.*#invitation=/, "");
  if (!/^[A-Za-z0-9_-]{43}$/.test(bare)) {
    throw new TypeError(
      `invitation expected 43 letters, digits, dashes and underscores, got ${bare.length} characters`,
    );
  }
  const binary = atob(`${bare.replaceAll("-", "+").replaceAll("_", "/")}=`);
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
