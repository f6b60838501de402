import type { ContentHash } from "../../shared/base/hash.ts";
import type { JournalEvent, JournalEventOf } from "./journalEvent.ts";

/** The blobs that must be durable before the event is. */
export function namedBlobs(event: JournalEvent): readonly ContentHash[] {
  switch (event.kind) {
    case "run-created":
      return [event.paramsHash];
    case "round-opened":
      return [...new Set([event.paramsHash, ...handedOut(event)])];
    case "round-committed":
      return event.stateHash === undefined ? [event.paramsHash] : [event.paramsHash, event.stateHash];
    case "round-sealed":
      return event.rootDeltaHash === undefined ? [] : [event.rootDeltaHash];
    case "update-accepted":
      return [event.payloadHash];
    default:
      return [];
  }
}

/** Blobs of an opening beside its params: what the strategy hands out, and the params of members that have others. */
export function handedOut({ members, handouts = [] }: JournalEventOf<"round-opened">): readonly ContentHash[] {
  const own = members.flatMap(({ base }) => (base === undefined ? [] : [base.paramsHash]));
  return [...new Set([...handouts.map(({ hash }) => hash), ...own])];
}
