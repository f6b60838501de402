import * as v from "valibot";
import { canonicalJsonBytes } from "../base/canonicalJson.ts";
import { ProtocolError } from "../base/errors.ts";
import { fromHex } from "../base/hash.ts";
import type { Signer, Verify } from "../crypto/signer.ts";
import { isStrictPublicKey } from "../crypto/strictEd25519.ts";
import { bytesOf, integer, keyText, runIdText, text } from "./fields.ts";
import { LIMITS, SIZES } from "./limits.ts";
import { type Parser, parserOf } from "./parseWith.ts";

/** The keys that may take part in a run, as its operator lists them. */
export const rosterSchema = v.strictObject({
  /** Form of this document. */
  format: v.literal("headwater-roster/1"),
  /** The run that it is for; null for any run whose plan names the signer as its operator. */
  runId: v.nullable(runIdText),
  /** A roster replaces those of lower versions, from 1. */
  version: integer(1, LIMITS.maxCounter),
  /** At most 10,000. */
  clients: v.pipe(
    v.array(
      v.strictObject({
        /** Ed25519 public key, lower-case hex. */
        publicKey: keyText,
        /** For people. */
        label: v.exactOptional(text(LIMITS.maxNameChars)),
      }),
    ),
    v.maxLength(LIMITS.maxRosterClients),
  ),
});

export type Roster = v.InferOutput<typeof rosterSchema>;

export interface SignedRoster {
  readonly roster: Roster;
  /** Ed25519 of the operator's key over `rosterBytes`. */
  readonly signature: Uint8Array;
}

/** @throws ProtocolError MALFORMED or TOO_LARGE. */
export const parseRoster: Parser<Roster> = parserOf("roster", rosterSchema);

const parseSignature = parserOf("signed roster", v.strictObject({ signature: bytesOf(SIZES.signature) }));

const TAG = new Uint8Array(24);
TAG.set(new TextEncoder().encode("headwater/roster"));

/** What the signature covers: 24 bytes that say what it is, then the roster's canonical JSON. */
export function rosterBytes(roster: Roster): Uint8Array {
  const json = canonicalJsonBytes(roster);
  const bytes = new Uint8Array(TAG.length + json.length);
  bytes.set(TAG);
  bytes.set(json, TAG.length);
  return bytes;
}

export async function signRoster(roster: Roster, signer: Signer): Promise<SignedRoster> {
  return { roster, signature: await signer.sign(rosterBytes(parseRoster(roster))) };
}

/**
 * A roster that may replace the one of `previousVersion` (0 for none) in a run.
 * @throws ProtocolError MALFORMED, WRONG_RUN, BAD_KEY for a listed key that nobody should use, BAD_SIGNATURE.
 */
export function checkRoster(
  signed: { readonly roster: unknown; readonly signature: Uint8Array },
  expected: { readonly runId: string; readonly operatorKey: string; readonly previousVersion: number },
  verify: Verify,
): Roster {
  const roster = parseRoster(signed.roster);
  const { signature } = parseSignature({ signature: signed.signature });
  if (roster.runId !== null && roster.runId !== expected.runId) {
    throw new ProtocolError("WRONG_RUN", `roster expected run ${expected.runId} or null, got ${roster.runId}`);
  }
  if (roster.version <= expected.previousVersion) {
    throw new ProtocolError(
      "MALFORMED",
      `roster expected a version above ${expected.previousVersion}, got ${roster.version}`,
    );
  }
  for (const { publicKey } of roster.clients) {
    if (!isStrictPublicKey(fromHex(publicKey))) {
      throw new ProtocolError(
        "BAD_KEY",
        `roster expected canonical keys that are not of small order, got ${publicKey}`,
      );
    }
  }
  if (!verify(fromHex(expected.operatorKey), rosterBytes(roster), signature)) {
    throw new ProtocolError(
      "BAD_SIGNATURE",
      `roster expected a signature of the operator's key ${expected.operatorKey}`,
    );
  }
  return roster;
}
