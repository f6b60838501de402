/**
 * Where a client keeps its personal params of a run from round to round: a safetensors file that only its trainer reads. It
 * never travels.
 */
export interface PersonalStore {
  /** What was kept last; nothing before the first round. */
  load(runId: string): Promise<Uint8Array | undefined>;
  /** Replaces what was kept, all of it or nothing. */
  keep(runId: string, bytes: Uint8Array): Promise<void>;
}

/** Personal params for as long as the process lives. */
export function memoryPersonal(): PersonalStore {
  const kept = new Map<string, Uint8Array>();
  return {
    load: async (runId) => kept.get(runId),
    async keep(runId, bytes) {
      kept.set(runId, bytes);
    },
  };
}
