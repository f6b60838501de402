/** SIGHUP: the wish of a supervisor to have configuration and certificate read again. */
export interface Hangup {
  /** Does this for each from now on, and at once where one came before there was anything to do. */
  follow(action: () => void): void;
  /** Lets SIGHUP end the process again. */
  close(): void;
}

/** Hears SIGHUP from now on; a process that does not is ended by it. */
export function hearHangup(): Hangup {
  let action: (() => void) | undefined;
  let isAsked = false;
  const hear = (): void => {
    if (action === undefined) isAsked = true;
    else action();
  };
  process.on("SIGHUP", hear);
  return {
    follow(next) {
      action = next;
      if (isAsked) next();
      isAsked = false;
    },
    close: () => void process.off("SIGHUP", hear),
  };
}
