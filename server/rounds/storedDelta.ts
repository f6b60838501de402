import type { ContentHash } from "../../shared/base/hash.ts";
import type { Manifest } from "../../shared/protocol/manifest.ts";
import type { Store } from "../store/store.ts";
import type { StoredDelta } from "../strategies/robust/updateRows.ts";

/** Where the delta of a durable update lies, if in a file and as it is: it comes first in a payload. */
export function storedDelta(store: Store, payloadHash: ContentHash, { parts }: Manifest): StoredDelta | undefined {
  const path = store.blobPath(payloadHash);
  const [delta] = parts;
  return path !== undefined && delta?.codec === "f32" ? { path, offset: 0, length: delta.numElements } : undefined;
}
