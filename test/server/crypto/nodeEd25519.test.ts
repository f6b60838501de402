import { createPublicKey, verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createNodeSigner, nodeVerify } from "../../../server/crypto/nodeEd25519.ts";
import { naclVerify } from "../../../shared/crypto/naclEd25519.ts";
import { describeSignatures, forgeForIdentityKey } from "../../contract/signature.ts";

describeSignatures("node:crypto", createNodeSigner, nodeVerify, [naclVerify]);

describe("nodeVerify", () => {
  it("needs the strict pre-check: OpenSSL alone accepts a forgery under the identity key", () => {
    const message = Uint8Array.of(1, 2, 3);
    const { key, signature } = forgeForIdentityKey((seed) => createNodeSigner(seed).publicKey);
    const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), key]);
    const keyObject = createPublicKey({ key: spki, format: "der", type: "spki" });
    expect(verify(null, message, keyObject, signature)).toBe(true);
    expect(nodeVerify(key, message, signature)).toBe(false);
  });
});
