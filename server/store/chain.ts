import { createHash } from "node:crypto";
import { canonicalJson, type JsonValue } from "../../shared/base/canonicalJson.ts";
import type { ContentHash } from "../../shared/base/hash.ts";
import type { JournalEvent } from "./journalEvent.ts";
import type { JournalPosition } from "./store.ts";

/** What the first event is chained to. */
const GENESIS = new Uint8Array(32);

/** The canonical text of an event: what the chain covers and the journal keeps. */
export function eventText(event: JournalEvent): string {
  return canonicalJson(event as unknown as JsonValue);
}

/**
 * The position of the event after `previous`: hash = sha256(previous hash ‖ canonical JSON of { event, seq }).
 * `text` is the event's canonical text, so the canonical JSON around it needs no second pass.
 */
export function nextPosition(previous: JournalPosition | undefined, text: string): JournalPosition {
  const seq = previous === undefined ? 0 : previous.seq + 1;
  const digest = createHash("sha256")
    .update(previous === undefined ? GENESIS : Buffer.from(previous.hash.slice("sha256-".length), "hex"))
    .update(`{"event":${text},"seq":${seq}}`)
    .digest("hex");
  return { seq, hash: `sha256-${digest}` satisfies ContentHash };
}
