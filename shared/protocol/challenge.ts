import * as v from "valibot";
import { bytesOf, integer, runIdText } from "./fields.ts";
import { LIMITS, SIZES } from "./limits.ts";
import { type Parser, parserOf } from "./parseWith.ts";

/** coordinator -> client, first message of a connection: prove that you hold your key. */
const challengeSchema = v.strictObject({
  /** 1 to 16 versions (1..65535) that the coordinator speaks; the client picks one and names it in `hello`. */
  protocolVersions: v.pipe(v.array(integer(1, 65_535)), v.maxLength(LIMITS.maxVersions), v.minLength(1)),
  /** 32 random bytes, fresh for this connection. */
  nonce: bytesOf(SIZES.nonce),
  /** The run that this coordinator serves. */
  runId: runIdText,
  /** Ed25519 public key that signs receipts and commits; a client may pin it. */
  coordinatorKey: bytesOf(SIZES.key),
});

export type Challenge = v.InferOutput<typeof challengeSchema>;

/** @throws ProtocolError MALFORMED or TOO_LARGE. */
export const parseChallenge: Parser<Challenge> = parserOf("challenge", challengeSchema);
