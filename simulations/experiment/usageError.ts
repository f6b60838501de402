/** Something the person can mend: an experiment, a flag or a path. The command answers it with exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
