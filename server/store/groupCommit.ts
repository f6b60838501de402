/** Gathers items for a few milliseconds and writes them together, in order: one fsync for many. */
export interface GroupCommit<Item> {
  /** Resolves once the item's batch is written; rejects with the error of the batch. */
  add(item: Item): Promise<void>;
  /** Writes what waits, now. */
  flush(): void;
}

export interface GroupCommitOptions<Item> {
  readonly windowMs: number;
  /** Makes the batch durable or throws. Not called again after it threw. */
  readonly write: (batch: readonly Item[]) => void;
}

export function createGroupCommit<Item>({ windowMs, write }: GroupCommitOptions<Item>): GroupCommit<Item> {
  let waiting: { readonly item: Item; readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = [];
  let timer: NodeJS.Timeout | undefined;
  let failure: { readonly error: unknown } | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) return;
    try {
      // After one failed write nobody knows what reached the disk: whatever comes later fails with it.
      if (failure !== undefined) throw failure.error;
      write(batch.map(({ item }) => item));
    } catch (error) {
      failure ??= { error };
      for (const { reject } of batch) reject(error);
      return;
    }
    for (const { resolve } of batch) resolve();
  }

  return {
    add: (item) =>
      new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        timer ??= setTimeout(flush, windowMs);
      }),
    flush,
  };
}
