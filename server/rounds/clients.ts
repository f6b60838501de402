import type { Clock } from "../../shared/base/clock.ts";
import type { Eligibility } from "../../shared/protocol/cohortPlan.ts";
import type { DeviceFacts } from "../../shared/protocol/deviceFacts.ts";
import { LIMITS } from "../../shared/protocol/limits.ts";
import type { Pace } from "../../shared/protocol/pace.ts";
import type { Connection } from "../transport/connection.ts";
import type { Candidate } from "./cohort/candidate.ts";
import { unmetRule } from "./cohort/eligibility.ts";

/** A client that has proved its key on its present connection. */
export interface Client {
  /** Public key in hex. */
  readonly id: string;
  readonly connection: Connection;
  /** What it says it could train on: a hint. */
  readonly numExamples: number;
  readonly software: string;
  /** Generation of its key: 0, when absent, until it took another key's place. */
  readonly keyEpoch?: number;
  /** What it said last about its device; absent until it says anything. */
  readonly device?: DeviceFacts;
}

/** Who is connected, and who may be asked to take part. */
export interface Clients {
  /** The newest connection of a key counts: the one it replaces is usually half dead. */
  join(client: Client): void;
  /** Returns whether the client is gone, not merely an older connection of it. */
  leave(clientId: string, connection: Connection): boolean;
  find(clientId: string): Client | undefined;
  /** What the client now says about its device. */
  describe(clientId: string, device: DeviceFacts): void;
  /** Not to be asked for a while. Kept in memory only: after a restart nobody rests. */
  rest(clientId: string, forMs: number): void;
  /** Those who may be asked now, sorted by id. */
  candidates(): readonly Candidate[];
  /** How many these are; found without going through all where nothing keeps anybody from being asked. */
  readonly numEligible: number;
  /**
   * Why a connected client will not be asked for a while, as it is told; undefined if it may be asked, and for one that is
   * yet to say what the plan's rules ask about its device.
   */
  obstacle(clientId: string): Pace | undefined;
  readonly size: number;
  /** Of all that are connected. */
  ids(): Iterable<string>;
  /** Clients that are connected or were within the longest time that one is sent away for. */
  readonly population: number;
  /** Clock time when a key last came that had not been here before. */
  readonly lastJoinMs: number;
}

/** A device that breaks a rule is asked back after this; it comes sooner when it changes. */
const INELIGIBLE_RETRY_MS = 10 * 60 * 1000;
/** Clients remembered as resting, or as lately gone. */
const MAX_REMEMBERED = 1_000_000;

export function createClients(clock: Clock, rules?: Eligibility): Clients {
  const clients = new Map<string, Client>();
  const restingUntilMs = new Map<string, number>();
  /** When each client that is not connected left; the first has been away longest. */
  const goneAtMs = new Map<string, number>();
  let lastJoinMs = Number.NEGATIVE_INFINITY;

  function wakeRested(): void {
    const nowMs = clock.nowMs();
    for (const [id, untilMs] of restingUntilMs) if (untilMs <= nowMs) restingUntilMs.delete(id);
  }

  function mayBeAsked(client: Client): boolean {
    return !restingUntilMs.has(client.id) && unmetRule(rules, client) === undefined;
  }

  return {
    join(client) {
      const previous = clients.get(client.id);
      clients.set(client.id, client);
      const isBack = goneAtMs.delete(client.id);
      if (previous === undefined && !isBack) lastJoinMs = clock.nowMs(); // else one key could put rounds off for ever
      if (previous !== undefined && previous.connection !== client.connection) {
        previous.connection.disconnect("the same key has connected again");
      }
    },
    leave(clientId, connection) {
      if (clients.get(clientId)?.connection !== connection) return false;
      remember(goneAtMs, clientId, clock.nowMs());
      return clients.delete(clientId);
    },
    find: (clientId) => clients.get(clientId),
    describe(clientId, device) {
      const client = clients.get(clientId);
      if (client !== undefined) clients.set(clientId, { ...client, device });
    },
    rest(clientId, forMs) {
      const untilMs = Math.max(clock.nowMs() + forMs, restingUntilMs.get(clientId) ?? 0);
      remember(restingUntilMs, clientId, untilMs);
    },
    candidates() {
      wakeRested();
      return [...clients.values()]
        .filter(mayBeAsked)
        .map(({ id, numExamples }) => ({ id, numExamples }))
        .sort((a, b) => (a.id < b.id ? -1 : 1));
    },
    get numEligible() {
      wakeRested();
      if (rules === undefined && restingUntilMs.size === 0) return clients.size;
      let count = 0;
      for (const client of clients.values()) if (mayBeAsked(client)) count++;
      return count;
    },
    obstacle(clientId) {
      const client = clients.get(clientId);
      if (client === undefined) return undefined;
      const unmet = unmetRule(rules, client);
      if (unmet !== undefined) {
        if (unmet.mayChange && client.device === undefined) return undefined;
        const retryAfterMs = unmet.mayChange ? INELIGIBLE_RETRY_MS : LIMITS.maxRetryAfterMs;
        return { reason: "not-eligible", message: unmet.message, retryAfterMs };
      }
      const restMs = Math.ceil((restingUntilMs.get(clientId) ?? 0) - clock.nowMs());
      if (restMs <= 0) return undefined;
      const message = `you are not asked again for ${Math.ceil(restMs / 1000)} s`;
      return { reason: "resting", message, retryAfterMs: Math.min(restMs, LIMITS.maxRetryAfterMs) };
    },
    ids: () => clients.keys(),
    get size() {
      return clients.size;
    },
    get population() {
      const oldestMs = clock.nowMs() - LIMITS.maxRetryAfterMs;
      for (const [id, leftMs] of goneAtMs) {
        if (leftMs >= oldestMs) break;
        goneAtMs.delete(id);
      }
      return clients.size + goneAtMs.size;
    },
    get lastJoinMs() {
      return lastJoinMs;
    },
  };
}

/** Sets a client's time; what was set longest ago is forgotten before there are too many. */
function remember(times: Map<string, number>, clientId: string, timeMs: number): void {
  times.delete(clientId);
  times.set(clientId, timeMs);
  if (times.size > MAX_REMEMBERED) times.delete(times.keys().next().value as string);
}
