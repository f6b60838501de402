/** The directory belongs to another running coordinator. */
export class StoreLockedError extends Error {
  override readonly name = "StoreLockedError";
}

/** What lies on the disk is not what was written: a broken chain, a blob that does not match its hash. */
export class CorruptStoreError extends Error {
  override readonly name = "CorruptStoreError";
}

/** A write failed earlier, or the store was opened for reading. */
export class StoreReadOnlyError extends Error {
  override readonly name = "StoreReadOnlyError";
}

/** The blob is not here: never stored, or let go by retention. */
export class MissingBlobError extends Error {
  override readonly name = "MissingBlobError";
}
