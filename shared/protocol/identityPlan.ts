import * as v from "valibot";
import { keyText } from "./fields.ts";

/**
 * Who may take part in a run.
 * - `"open"`: anyone with a key. No resistance to one person with many keys.
 * - `"token"`: keys that presented a one-time invitation of the operator.
 * - `enrolled`: keys on a roster that the operator signed with `operatorKey`; the coordinator cannot add one by itself.
 */
export const identityPlanSchema = v.union([
  v.picklist(["open", "token"]),
  v.strictObject({
    kind: v.literal("enrolled"),
    /** Ed25519 public key that signs rosters, lower-case hex. */
    operatorKey: keyText,
  }),
]);

export type IdentityPlan = v.InferOutput<typeof identityPlanSchema>;
export type IdentityMode = "open" | "token" | "enrolled";

export function identityMode(identity: IdentityPlan): IdentityMode {
  return typeof identity === "string" ? identity : identity.kind;
}
