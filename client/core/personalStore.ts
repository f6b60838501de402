import type { ContentHash } from "../../shared/base/hash.ts";

/**
 * Where a client keeps what stays with it from round to round (private params, control variates, a model of its own): a file
 * of each run that only its trainer reads. It never travels.
 *
 * What a training ended with counts once its update does, or has a receipt (`keeper.ts`). So it is held first, under the name
 * of the update, and promoted then: a crash in between loses neither, since commit and receipt name the update again.
 */
export interface PersonalStore {
  /** What counts; nothing before the first promotion. */
  load(runId: string): Promise<Uint8Array | undefined>;
  /** Writes down what a training ended with, before its update is sent. One at a time: an earlier one is forgotten. */
  hold(runId: string, headerHash: ContentHash, bytes: Uint8Array): Promise<void>;
  /** The update that something is held under. */
  held(runId: string): Promise<ContentHash | undefined>;
  /** What is held under this update counts from now on, all of it or nothing. Does nothing where none is held, or it counts already. */
  promote(runId: string, headerHash: ContentHash): Promise<void>;
  /** What is held under this update is forgotten. Does nothing where none is held. */
  drop(runId: string, headerHash: ContentHash): Promise<void>;
}

/** For as long as the process lives. */
export function memoryPersonal(): PersonalStore {
  const kept = new Map<string, Uint8Array>();
  const held = new Map<string, { readonly headerHash: ContentHash; readonly bytes: Uint8Array }>();
  return {
    load: async (runId) => kept.get(runId),
    async hold(runId, headerHash, bytes) {
      held.set(runId, { headerHash, bytes });
    },
    held: async (runId) => held.get(runId)?.headerHash,
    async promote(runId, headerHash) {
      const pending = held.get(runId);
      if (pending?.headerHash !== headerHash) return;
      kept.set(runId, pending.bytes);
      held.delete(runId);
    },
    async drop(runId, headerHash) {
      if (held.get(runId)?.headerHash === headerHash) held.delete(runId);
    },
  };
}
