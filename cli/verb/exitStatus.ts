/** What the command ends with, beside 0 (done). */
export const EXIT_STATUS = {
  /** It could not do what it was asked to, or what it checked does not hold. */
  failed: 1,
  /** A flag, file or value that the person can mend; nothing was changed. */
  usage: 2,
  /** Ended by Ctrl-C, what was done is kept. */
  interrupted: 130,
} as const;
