/**
 * Aborts at the first Ctrl-C (or SIGTERM), or when nobody reads standard output any more (`| head`). A second Ctrl-C
 * ends the process at once, as it would without us.
 */
export function interruptSignal(): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const release = (): void => {
    process.off("SIGINT", abort);
    process.off("SIGTERM", abort);
  };
  const onOutputError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== "EPIPE") throw error;
    abort();
  };
  const abort = (): void => {
    release();
    controller.abort();
  };
  process.on("SIGINT", abort);
  process.on("SIGTERM", abort);
  process.stdout.on("error", onOutputError);
  return { signal: controller.signal, release };
}
