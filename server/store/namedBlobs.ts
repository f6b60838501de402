import type { ContentHash } from "../../shared/base/hash.ts";
import type { JournalEvent } from "./journalEvent.ts";

/** The blobs that must be durable before the event is. */
export function namedBlobs(event: JournalEvent): readonly ContentHash[] {
  switch (event.kind) {
    case "run-created":
    case "round-opened":
    case "round-committed":
      return [event.paramsHash];
    case "update-accepted":
      return [event.payloadHash];
    default:
      return [];
  }
}
