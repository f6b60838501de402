import { ProtocolError } from "../base/errors.ts";
import type { Signer, Verify } from "../crypto/signer.ts";
import { isStrictPublicKey } from "../crypto/strictEd25519.ts";
import type { Challenge } from "./challenge.ts";
import type { Hello } from "./hello.ts";
import { helloTranscript } from "./helloTranscript.ts";
import { negotiateVersion } from "./version.ts";

/**
 * Client: the answer to a challenge.
 * @throws ProtocolError VERSION_UNSUPPORTED if there is no common version; BAD_KEY if the coordinator's key is hostile.
 */
export async function createHello(
  challenge: Challenge,
  signer: Signer,
  about: Pick<Hello, "numExamples" | "software" | "device" | "invitation">,
): Promise<Hello> {
  const version = negotiateVersion(challenge.protocolVersions);
  if (!isStrictPublicKey(challenge.coordinatorKey)) {
    throw new ProtocolError("BAD_KEY", "coordinator key expected a canonical point that is not of small order");
  }
  const { runId, coordinatorKey, nonce } = challenge;
  const signature = await signer.sign(
    helloTranscript({ version, runId, coordinatorKey, nonce, clientKey: signer.publicKey }),
  );
  return { protocolVersion: version, publicKey: signer.publicKey, signature, ...about };
}

/**
 * Coordinator: does the peer hold the key that it names? One challenge is good for one attempt.
 * @throws ProtocolError VERSION_UNSUPPORTED, BAD_KEY, BAD_SIGNATURE.
 */
export function checkHello(challenge: Challenge, hello: Hello, verify: Verify): void {
  if (!challenge.protocolVersions.includes(hello.protocolVersion)) {
    throw new ProtocolError(
      "VERSION_UNSUPPORTED",
      `protocol version expected one of ${challenge.protocolVersions.join(", ")}, got ${hello.protocolVersion}`,
    );
  }
  if (!isStrictPublicKey(hello.publicKey)) {
    throw new ProtocolError("BAD_KEY", "public key expected a canonical point that is not of small order");
  }
  const { runId, coordinatorKey, nonce } = challenge;
  const version = hello.protocolVersion;
  const transcript = helloTranscript({ version, runId, coordinatorKey, nonce, clientKey: hello.publicKey });
  if (!verify(hello.publicKey, transcript, hello.signature)) {
    throw new ProtocolError("BAD_SIGNATURE", "hello expected a signature over this connection's challenge");
  }
}
