import type { Loss } from "./loss.ts";
import { type LossDocument, lossKinds } from "./lossDocument.ts";

/** The loss that a checked document describes. @throws TypeError for a kind that is none. */
export function lossFromDocument(document: LossDocument): Loss {
  const described = typeof document === "string" ? { kind: document } : document;
  const known = lossKinds.find(({ schema }) => schema.entries.kind.literal === described.kind);
  if (!known) throw new TypeError(`loss expected a known kind, got ${JSON.stringify(described.kind)}`);
  return known.build(described as never);
}
