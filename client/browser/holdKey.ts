/** How long a tab that is just closing or reloading may take to let go. */
const PATIENCE_MS = 2_000;

/**
 * Takes a key for this tab: two tabs under one key would only push each other out of the coordinator. The lock goes
 * with the tab. Where the platform has no locks (plain http), nothing is held.
 * @throws Error if another tab of this browser takes part with the key.
 */
export async function holdKey(clientKey: string): Promise<() => void> {
  const { locks } = globalThis.navigator as Partial<Pick<Navigator, "locks">>;
  if (locks === undefined) return () => {};
  return new Promise((resolve, reject) => {
    const held = (): Promise<void> => new Promise((release) => resolve(() => release()));
    locks
      .request(`headwater ${clientKey}`, { signal: AbortSignal.timeout(PATIENCE_MS) }, held)
      .catch((cause: unknown) =>
        reject(new Error("this browser takes part in another tab already; leave there, or close it", { cause })),
      );
  });
}
