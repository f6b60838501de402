import { assertPositiveInteger } from "../../../shared/base/assert.ts";

/** What is remembered of one client. */
export interface Participation {
  /** Times it was in a cohort; each attempt counts. */
  readonly asked: number;
  /** Updates of it that became durable. */
  readonly answered: number;
  /** Times it was asked since its last answer: 0 for one that answers. An offer that it still works on counts. */
  readonly unanswered: number;
  /** The round in which it was asked last. */
  readonly lastRound: number;
  /** Of its last update, as it said itself; absent if it gave none that can be a loss. */
  readonly trainLoss?: number;
  /** Weight of its last update, at most the plan's `maxWeight`; 0 before the first. */
  readonly numExamples: number;
  /** From offer to durable update, or from the restart where the offer is older; absent where the process that saw both is gone. */
  readonly durationMs?: number;
}

export type ParticipationEvent =
  | { readonly type: "asked"; readonly round: number; readonly clientIds: readonly string[] }
  | {
      readonly type: "answered";
      readonly clientId: string;
      readonly weight: number;
      readonly trainLoss?: number | undefined;
      readonly durationMs?: number | undefined;
    };

/**
 * Who took part when, and with what loss. It follows from the journal's events, but for durations, which are measured and
 * not journaled: after a restart they are unknown until a client answers again.
 */
export interface ParticipationHistory {
  observe(event: ParticipationEvent): void;
  /** Undefined for a client that was never asked, or is forgotten. */
  of(clientId: string): Participation | undefined;
  readonly size: number;
}

/** For samplers that never look back. */
export const NO_HISTORY: ParticipationHistory = { observe() {}, of: () => undefined, size: 0 };

const LARGEST_LOSS = 1e6;

/** Columns of one number per client: 36 bytes each beside the id. */
interface Columns {
  readonly asked: Uint32Array;
  readonly answered: Uint32Array;
  readonly unanswered: Uint32Array;
  readonly lastRound: Uint32Array;
  readonly weight: Uint32Array;
  /** NaN for unknown, as in `durationMs`. */
  readonly trainLoss: Float64Array;
  readonly durationMs: Float64Array;
}

/** Remembers at most `maxClients`: beyond that, whoever was asked longest ago is forgotten and counts as never asked. */
export function createParticipationHistory(maxClients = 1_000_000): ParticipationHistory {
  assertPositiveInteger("maxClients", maxClients);
  /** Client -> its place in the columns; in the order in which clients were last asked. */
  const places = new Map<string, number>();
  let columns = createColumns(Math.min(maxClients, 1024));

  function ask(clientId: string, round: number): void {
    const place = places.get(clientId) ?? newPlace();
    places.delete(clientId);
    places.set(clientId, place);
    (columns.asked[place] as number)++;
    (columns.unanswered[place] as number)++;
    columns.lastRound[place] = round;
  }

  function newPlace(): number {
    let place = places.size;
    if (place === maxClients) {
      const [oldest, freed] = places.entries().next().value as [string, number];
      places.delete(oldest);
      place = freed;
    } else if (place === columns.asked.length) {
      columns = grown(columns, Math.min(maxClients, 2 * place));
    }
    for (const name of ["asked", "answered", "unanswered", "weight"] as const) columns[name][place] = 0;
    for (const column of [columns.trainLoss, columns.durationMs]) column[place] = Number.NaN;
    return place;
  }

  return {
    observe(event) {
      if (event.type === "asked") {
        for (const clientId of event.clientIds) ask(clientId, event.round);
        return;
      }
      const place = places.get(event.clientId);
      if (place === undefined) return; // forgotten while it worked: more clients were asked since than are remembered
      const { weight, trainLoss = Number.NaN, durationMs = Number.NaN } = event;
      (columns.answered[place] as number)++;
      columns.unanswered[place] = 0;
      columns.weight[place] = weight;
      // A client may report anything finite; what cannot be a loss is none.
      columns.trainLoss[place] = trainLoss >= 0 && trainLoss <= LARGEST_LOSS ? trainLoss : Number.NaN;
      columns.durationMs[place] = durationMs;
    },
    of(clientId) {
      const place = places.get(clientId);
      if (place === undefined) return undefined;
      const trainLoss = columns.trainLoss[place] as number;
      const durationMs = columns.durationMs[place] as number;
      return {
        asked: columns.asked[place] as number,
        answered: columns.answered[place] as number,
        unanswered: columns.unanswered[place] as number,
        lastRound: columns.lastRound[place] as number,
        numExamples: columns.weight[place] as number,
        ...(Number.isNaN(trainLoss) ? {} : { trainLoss }),
        ...(Number.isNaN(durationMs) ? {} : { durationMs }),
      };
    },
    get size() {
      return places.size;
    },
  };
}

function createColumns(length: number): Columns {
  return {
    asked: new Uint32Array(length),
    answered: new Uint32Array(length),
    unanswered: new Uint32Array(length),
    lastRound: new Uint32Array(length),
    weight: new Uint32Array(length),
    trainLoss: new Float64Array(length),
    durationMs: new Float64Array(length),
  };
}

function grown(columns: Columns, length: number): Columns {
  const larger = createColumns(length);
  for (const name of Object.keys(columns) as (keyof Columns)[]) larger[name].set(columns[name]);
  return larger;
}
