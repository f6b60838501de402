import { canonicalJsonBytes } from "../base/canonicalJson.ts";
import { type ContentHash, contentHash, type Sha256 } from "../base/hash.ts";
import type { ModelDocument } from "./modelDocument.ts";

/** Content hash of the document's canonical JSON (RFC 8785): the identity of a model. */
export function modelHash(document: ModelDocument, sha256: Sha256): ContentHash {
  return contentHash(sha256, canonicalJsonBytes(document));
}
