import type { StrategyPlan } from "../../shared/protocol/strategyPlan.ts";
import type { NamedVectors } from "../../shared/train/clientHalf.ts";
import { keptCountsWith } from "../../shared/train/keptCountsWith.ts";

/** What virtual clients keep between their rounds: private params, control variates, models of their own. */
export interface KeptVectors {
  /** What a client has; empty before its first update counted. */
  of(client: number): NamedVectors;
  /** Remembers what a training ended with, until its update is kept or dropped. */
  hold(ticket: string, client: number, kept: NamedVectors): void;
  /** The update of that ticket arrived: what its training ended with is what the client goes on with, if that is enough. */
  keep(ticket: string): void;
  /** The attempt is over: what arrived counts with its commit where the strategy asks for one, and not if it was aborted. */
  settle(isCommitted: boolean): void;
  drop(ticket: string): void;
}

interface Held {
  readonly client: number;
  readonly kept: NamedVectors;
}

const NOTHING: NamedVectors = new Map();

/**
 * Memory: what each client keeps that an update counted of; nothing where a strategy asks for nothing. A training whose
 * update never arrives leaves no trace, as in a real client, which may have to train again under the same ticket and must
 * then sign the same bytes.
 */
export function createKeptVectors(strategy: StrategyPlan): KeptVectors {
  const waitsForCommit = keptCountsWith(strategy) === "commit";
  const kept = new Map<number, NamedVectors>();
  const held = new Map<string, Held>();
  /** Of the attempt at hand. */
  const arrived: Held[] = [];
  return {
    of: (client) => kept.get(client) ?? NOTHING,
    hold(ticket, client, vectors) {
      if (vectors.size > 0) held.set(ticket, { client, kept: vectors });
    },
    keep(ticket) {
      const result = held.get(ticket);
      if (result === undefined) return;
      if (waitsForCommit) arrived.push(result);
      else kept.set(result.client, result.kept);
    },
    settle(isCommitted) {
      for (const result of arrived.splice(0)) if (isCommitted) kept.set(result.client, result.kept);
    },
    drop: (ticket) => void held.delete(ticket),
  };
}
