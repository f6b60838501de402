import type { NamedVectors } from "../../shared/train/clientHalf.ts";

/** What virtual clients keep between their rounds: private params, control variates, models of their own. */
export interface KeptVectors {
  /** What a client has; empty before its first update arrived. */
  of(client: number): NamedVectors;
  /** Remembers what a training ended with, until its update is kept or dropped. */
  hold(ticket: string, client: number, kept: NamedVectors): void;
  /** The update of that ticket arrived: what its training ended with is what the client goes on with. */
  keep(ticket: string): void;
  drop(ticket: string): void;
}

const NOTHING: NamedVectors = new Map();

/**
 * Memory: what each client keeps that an update arrived of; nothing where a strategy asks for nothing. A training whose
 * update never arrives leaves no trace, as in a real client, which may have to train again under the same ticket and must
 * then sign the same bytes.
 */
export function createKeptVectors(): KeptVectors {
  const kept = new Map<number, NamedVectors>();
  const held = new Map<string, { readonly client: number; readonly kept: NamedVectors }>();
  return {
    of: (client) => kept.get(client) ?? NOTHING,
    hold(ticket, client, vectors) {
      if (vectors.size > 0) held.set(ticket, { client, kept: vectors });
    },
    keep(ticket) {
      const result = held.get(ticket);
      if (result !== undefined) kept.set(result.client, result.kept);
    },
    drop: (ticket) => void held.delete(ticket),
  };
}
