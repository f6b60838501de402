import nacl from "tweetnacl";
import { describe, expect, it } from "vitest";
import { createNodeSigner, nodeVerify } from "../../../server/crypto/nodeEd25519.ts";
import { naclVerify } from "../../../shared/crypto/naclEd25519.ts";
import { describeSignatures, forgeForIdentityKey } from "../../contract/signature.ts";

describeSignatures("node:crypto", createNodeSigner, nodeVerify, [naclVerify]);

describe("nodeVerify", () => {
  it("rejects a forgery under the identity key that fits the equation, whatever OpenSSL of this Node says of it", () => {
    const message = Uint8Array.of(1, 2, 3);
    const { key, signature } = forgeForIdentityKey((seed) => createNodeSigner(seed).publicKey);
    // OpenSSL 3.0 (Node 20) accepts it, later ones refuse.
    expect(nacl.sign.detached.verify(message, signature, key)).toBe(true);
    expect(nodeVerify(key, message, signature)).toBe(false);
  });
});
