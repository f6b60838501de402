import * as v from "valibot";
import { base64Text, contentHashText, keyText, reasonText } from "./eventFields.ts";

/** Invitations of one call, at most. */
export const MAX_INVITATIONS = 1000;

/** One-time invitations were handed to the operator; the journal knows them by the hash of their secret. */
const invitationsIssued = v.strictObject({
  kind: v.literal("invitations-issued"),
  invitations: v.pipe(
    v.array(
      v.strictObject({
        hash: contentHashText,
        /** Milliseconds since 1970, by the coordinator's clock. */
        expiresAtMs: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
      }),
    ),
    v.minLength(1),
    v.maxLength(MAX_INVITATIONS),
  ),
});

/** A key was let in by an invitation, which is good for no other from then on. */
const clientEnrolled = v.strictObject({
  kind: v.literal("client-enrolled"),
  clientId: keyText,
  invitation: contentHashText,
});

/** The list of keys that may take part, as its operator signed it: see `roster.ts`. */
const rosterReplaced = v.strictObject({
  kind: v.literal("roster-replaced"),
  roster: v.record(v.string(), v.unknown()),
  signature: base64Text,
});

/** A key named its successor; both signed. From then on the successor is this identity, and the key is nobody's. */
const keyRotated = v.strictObject({
  kind: v.literal("key-rotated"),
  clientId: keyText,
  successor: keyText,
  /** Of the successor: one more than that of the key. */
  keyEpoch: v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(2 ** 32 - 1)),
  /** The key's over `rotationStatement`, and the successor's over the same bytes. */
  signature: base64Text,
  proof: base64Text,
});

/** The operator shut a key out, for good. */
const keyRevoked = v.strictObject({ kind: v.literal("key-revoked"), clientId: keyText, reason: reasonText });

/** Who may take part. These events may stand anywhere in a journal after its first. */
export const identityEvents = [invitationsIssued, clientEnrolled, rosterReplaced, keyRotated, keyRevoked] as const;

export type IdentityEvent = v.InferOutput<(typeof identityEvents)[number]>;

const KINDS: readonly string[] = identityEvents.map(({ entries }) => entries.kind.literal);

export function isIdentityEvent<E extends { readonly kind: string }>(event: E): event is E & IdentityEvent {
  return KINDS.includes(event.kind);
}
