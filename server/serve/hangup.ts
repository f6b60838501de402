import { isatty } from "node:tty";

/** SIGHUP: the wish of a supervisor to have configuration and certificate read again, or the end of a terminal. */
export interface Hangup {
  /** Does this for each wish from now on, and at once where one came before there was anything to do. */
  follow(action: () => void): void;
  /** Lets SIGHUP end the process again. */
  close(): void;
}

/**
 * Hears SIGHUP from now on; a process that does not is ended by it. Where the terminal that it was started in is gone the
 * process is asked to stop, once: nobody would find it again, and its port and folder would stay taken. Whoever leaves one
 * behind on purpose starts it without a terminal as its input (`nohup`, `</dev/null`).
 */
export function hearHangup(inTerminal: () => boolean = () => isatty(0)): Hangup {
  const beganInTerminal = inTerminal();
  let action: (() => void) | undefined;
  let isAsked = false;
  let isStopping = false;
  const hear = (): void => {
    if (isStopping) return; // shell and kernel both tell of a closed terminal
    if (beganInTerminal && !inTerminal()) {
      isStopping = true;
      ignoreWriteErrors();
      process.kill(process.pid, "SIGTERM");
    } else if (action === undefined) isAsked = true;
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

/** There is nobody to read what is still said, and an error of that would end the process before it has closed its journal. */
function ignoreWriteErrors(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
}
