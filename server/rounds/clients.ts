import type { Clock } from "../../shared/base/clock.ts";
import type { Connection } from "../transport/connection.ts";

/** A client that has proved its key on its present connection. */
export interface Client {
  /** Public key in hex. */
  readonly id: string;
  readonly connection: Connection;
  /** What it says it could train on: a hint. */
  readonly numExamples: number;
  readonly software: string;
}

/** Who is connected, and who may be asked to take part. */
export interface Clients {
  /** The newest connection of a key counts: the one it replaces is usually half dead. */
  join(client: Client): void;
  /** Returns whether the client is gone, not merely an older connection of it. */
  leave(clientId: string, connection: Connection): boolean;
  find(clientId: string): Client | undefined;
  /** Not to be asked for a while. */
  rest(clientId: string, forMs: number): void;
  /** Ids of those who may be asked now, sorted. */
  eligible(): readonly string[];
  readonly size: number;
  /** Clock time of the last arrival. */
  readonly lastJoinMs: number;
}

export function createClients(clock: Clock): Clients {
  const clients = new Map<string, Client>();
  const restingUntilMs = new Map<string, number>();
  let lastJoinMs = Number.NEGATIVE_INFINITY;

  return {
    join(client) {
      const previous = clients.get(client.id);
      clients.set(client.id, client);
      lastJoinMs = clock.nowMs();
      if (previous !== undefined && previous.connection !== client.connection) {
        previous.connection.disconnect("the same key has connected again");
      }
    },
    leave(clientId, connection) {
      if (clients.get(clientId)?.connection !== connection) return false;
      return clients.delete(clientId);
    },
    find: (clientId) => clients.get(clientId),
    rest(clientId, forMs) {
      restingUntilMs.set(clientId, clock.nowMs() + forMs);
    },
    eligible() {
      const nowMs = clock.nowMs();
      for (const [id, untilMs] of restingUntilMs) if (untilMs <= nowMs) restingUntilMs.delete(id);
      return [...clients.keys()].filter((id) => !restingUntilMs.has(id)).sort();
    },
    get size() {
      return clients.size;
    },
    get lastJoinMs() {
      return lastJoinMs;
    },
  };
}
