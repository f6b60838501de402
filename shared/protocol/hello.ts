import * as v from "valibot";
import { deviceFactsSchema } from "./deviceFacts.ts";
import { bytesOf, integer, text } from "./fields.ts";
import { LIMITS, SIZES } from "./limits.ts";
import { type Parser, parserOf } from "./parseWith.ts";

/** client -> coordinator, the answer to `challenge`; acknowledged with `Ack`, then followed by `welcome`. */
const helloSchema = v.strictObject({
  /** The version that the client picked from the challenge. */
  protocolVersion: integer(1, 65_535),
  /** Ed25519 public key: the client's identity. */
  publicKey: bytesOf(SIZES.key),
  /** Ed25519 over `helloTranscript`. */
  signature: bytesOf(SIZES.signature),
  /** Examples that the client could train on, 1..2^32-1; a hint for the cohort, the signed weight is in the update. */
  numExamples: integer(1, LIMITS.maxExamples),
  /** Name and version of the client's software, for people: "headwater/0.1.0 node". */
  software: text(LIMITS.maxSoftwareChars),
  /** 32 bytes that the operator gave out, from a client that this run does not know yet. */
  invitation: v.exactOptional(bytesOf(SIZES.invitation)),
  /** What the plan's rules ask about the device, from a client that knows the plan already; others say it in `device`. */
  device: v.exactOptional(deviceFactsSchema),
});

export type Hello = v.InferOutput<typeof helloSchema>;

/** @throws ProtocolError MALFORMED or TOO_LARGE. */
export const parseHello: Parser<Hello> = parserOf("hello", helloSchema);
