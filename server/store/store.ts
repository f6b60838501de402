import type { ContentHash } from "../../shared/base/hash.ts";
import type { JournalEvent } from "./journalEvent.ts";

/** Where an event stands in the journal, and the hash that binds it and everything before it. */
export interface JournalPosition {
  /** From 0, without gaps. */
  readonly seq: number;
  /** sha256(previous hash ‖ canonical JSON of { event, seq }). */
  readonly hash: ContentHash;
}

export interface StoredEvent extends JournalPosition {
  readonly event: JournalEvent;
}

/**
 * What a coordinator remembers: one run's journal (hash-chained events) and its blobs (params, encoded deltas).
 * A blob is written before the event that names it. After a failed write the store takes no more writes
 * (`StoreReadOnlyError`) until `reopen` has made sure of what reached the disk; reading goes on.
 */
export interface Store {
  /** The last durable event, or undefined while the journal is empty. */
  readonly head: JournalPosition | undefined;
  /** Why the store takes no more writes; undefined while it does. */
  readonly readOnlyReason: string | undefined;
  /** Whether `reopen` may help: the failed write found no room, right or descriptor. Never after a failed sync. */
  readonly canReopen: boolean;
  /**
   * Tries to take writes again after one that failed: probes the disk, opens the journal anew, makes sure that it ends
   * in the last acknowledged event. Resolves to whether writes are taken; what failed stays failed, and its blobs are to
   * be stored again. To be called now and then while `canReopen`.
   */
  reopen(): Promise<boolean>;
  /**
   * Appends one event; resolves once it is durable. Appends become durable in the order of the calls; those of the
   * same few milliseconds share one commit.
   * Rejects with TypeError if the event is malformed, with StoreReadOnlyError after a failed write.
   */
  append(event: JournalEvent): Promise<JournalPosition>;
  /** The durable events from `fromSeq` (0 when absent), in order, as they were checked when the store was opened. @throws CorruptStoreError if one is missing. */
  events(fromSeq?: number): Iterable<StoredEvent>;
  /**
   * Stores bytes under their hash; resolves once they are durable. Storing them again changes nothing. The caller
   * leaves them unchanged until then, and appends an event that names them: others are collected at the next start.
   * `hash` is theirs, from a caller that has just checked it: it is not computed again.
   */
  putBlob(bytes: Uint8Array, hash?: ContentHash): Promise<ContentHash>;
  /** The bytes, verified. @throws MissingBlobError, or CorruptStoreError if they no longer match their hash. */
  getBlob(hash: ContentHash): Promise<Uint8Array>;
  hasBlob(hash: ContentHash): Promise<boolean>;
  /** The file that is exactly the blob's bytes, for who reads it piece by piece; undefined where blobs lie in memory. */
  blobPath(hash: ContentHash): string | undefined;
  /**
   * Deletes a blob that is no longer needed. Resolves to false, and keeps it, while an open round or the retention of
   * the run still needs it, or while it was stored and no event has named it yet; true if it is gone.
   */
  deleteBlob(hash: ContentHash): Promise<boolean>;
  /** Waits for writes in flight, then lets go of files and lock. */
  close(): Promise<void>;
}
