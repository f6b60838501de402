/** What the operating system says when it took nothing: no room, no right, no descriptor, a device that refused. */
const REFUSALS: ReadonlySet<unknown> = new Set("ENOSPC EDQUOT EFBIG EMFILE ENFILE EROFS EACCES EPERM EIO".split(" "));
/** SQLite's primary codes for the same: busy, read-only, full, cannot open. Source: https://sqlite.org/rescode.html. */
const SQLITE_REFUSALS: ReadonlySet<number> = new Set([5, 8, 13, 14]);
/** Extended codes: a failed write (a quota comes out as this), a shared-memory file that could not be made or grow. */
const SQLITE_IO_REFUSALS: ReadonlySet<number> = new Set([778, 4618, 4874]);

/**
 * Whether writing may be tried again after this failure. True where nothing was taken, so that what is on the disk is
 * known. Never after a failed sync: the system may have dropped the pages and would call the next sync a success
 * (Rebello et al. 2020, "Can Applications Recover from fsync Failures?"). What is not recognised counts as that.
 */
export function isMendable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, syscall, errcode } = error as { code?: unknown; syscall?: unknown; errcode?: unknown };
  if (typeof errcode === "number") return SQLITE_REFUSALS.has(errcode & 0xff) || SQLITE_IO_REFUSALS.has(errcode);
  return REFUSALS.has(code) && typeof syscall === "string" && !syscall.endsWith("sync");
}
