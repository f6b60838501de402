/** The directory belongs to another running coordinator. */
export class StoreLockedError extends Error {
  override readonly name = "StoreLockedError";
}

/**
 * What lies on the disk is not what was written: a broken chain, a blob that does not match its hash. Nothing is cut off
 * or repaired to go on: what was acknowledged comes back from a backup, or not at all.
 */
export class CorruptStoreError extends Error {
  override readonly name = "CorruptStoreError";

  /** Where it is, what was expected and what was found. */
  readonly damage: string;

  constructor(damage: string, options?: ErrorOptions) {
    super(`${damage}; restore a backup (headwater restore), or see what is left (headwater doctor)`, options);
    this.damage = damage;
  }
}

/** A newer version wrote this journal. */
export class StoreFormatError extends Error {
  override readonly name = "StoreFormatError";
}

/** A write failed earlier, or the store was opened for reading. */
export class StoreReadOnlyError extends Error {
  override readonly name = "StoreReadOnlyError";
}

/** The blob is not here: never stored, or let go by retention. */
export class MissingBlobError extends Error {
  override readonly name = "MissingBlobError";
}
