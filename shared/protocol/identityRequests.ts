import * as v from "valibot";
import { keyText } from "./fields.ts";
import { parserOf } from "./parseWith.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const YEAR_MS = 366 * 24 * 60 * 60 * 1000;

/** POST /api/runs/:run/invitations */
export const inviteSchema = v.strictObject({
  /** Invitations wanted, each for one key. */
  count: v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(1000)),
  /** How long they are good, milliseconds; at most a year. */
  expiresInMs: v.pipe(v.number(), v.safeInteger(), v.minValue(1000), v.maxValue(YEAR_MS)),
});

/** Its answer: the only time that the secrets are shown. */
export const invitationsSchema = v.object({
  invitations: v.array(
    v.object({
      /** What a client presents: base64url, 43 characters. */
      invitation: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/)),
      /** Milliseconds since 1970. */
      expiresAtMs: count,
    }),
  ),
  /** Where people reach the coordinator, if it was told: links begin with it. */
  publicUrl: v.exactOptional(v.pipe(v.string(), v.regex(/^https?:\/\//), v.url())),
});

/** PUT /api/runs/:run/roster */
export const signedRosterSchema = v.strictObject({
  /** See `roster.ts`. */
  roster: v.record(v.string(), v.unknown()),
  /** The operator's Ed25519 signature, base64. */
  signature: v.pipe(v.string(), v.regex(/^[A-Za-z0-9+/]{86}==$/, "expected the base64 of 64 bytes")),
});

/** POST /api/runs/:run/clients/:client/revoke */
export const revokeSchema = v.strictObject({
  /** Why, for people: it is in the journal. */
  reason: v.exactOptional(v.pipe(v.string(), v.minLength(1), v.maxLength(1000))),
});

/** GET /api/runs/:run/identity: who may take part, and who is here. */
export const runIdentitySchema = v.object({
  mode: v.picklist(["open", "token", "enrolled"]),
  invitations: v.object({ issued: count, used: count, expired: count }),
  /** Keys that came by invitation. */
  enrolled: v.array(keyText),
  /** Keys that are shut out. */
  revoked: v.array(keyText),
  roster: v.nullable(v.object({ version: count, numClients: count })),
  /** Keys that are connected now. */
  connected: v.array(keyText),
});

export type RunIdentityFacts = v.InferOutput<typeof runIdentitySchema>;

/** @throws ProtocolError MALFORMED or TOO_LARGE. */
export const parseInvite = parserOf("body", inviteSchema);
/** @throws ProtocolError MALFORMED or TOO_LARGE. */
export const parseInvitations = parserOf("invitations", invitationsSchema);
/** @throws ProtocolError MALFORMED or TOO_LARGE. */
export const parseSignedRoster = parserOf("body", signedRosterSchema);
/** @throws ProtocolError MALFORMED or TOO_LARGE. */
export const parseRevoke = parserOf("body", revokeSchema);
/** @throws ProtocolError MALFORMED or TOO_LARGE. */
export const parseRunIdentity = parserOf("identity", runIdentitySchema);
