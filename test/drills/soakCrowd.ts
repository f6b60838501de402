import { setTimeout as delay } from "node:timers/promises";
import { createRng, type Rng } from "../../shared/base/rng.ts";
import type { Offer } from "../../shared/protocol/offer.ts";
import { joinRawClient, type RawClient } from "../support/rawClient.ts";
import { drawConduct, honest, type Turn } from "./soakConducts.ts";

export interface SoakCrowdOptions {
  readonly url: string;
  readonly clients: number;
  readonly seed: number;
  readonly honestDelta: Turn["honestDelta"];
}

/** Conduct -> what the coordinator said to it ("accepted" or a code) -> times. */
export type Answers = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface SoakCrowd {
  /** One leaves, with or without a word, and another comes: a new key, or one that was there before. */
  churn(): void;
  readonly answers: Answers;
  readonly joins: number;
  readonly leaves: number;
  /** Connections that the coordinator ended, and clients that could not join. */
  readonly thrownOut: number;
  close(): void;
}

interface Member {
  readonly name: string;
  leave(withAWord: boolean): void;
}

const BYZANTINE_EVERY = 5;
/** Who was thrown out comes back after this. */
const BACK_AFTER_MS = 1000;
/** Keys of clients that left and may come again. */
const MAX_ABSENT = 100;

/**
 * Clients of which some come and go while the others stay; every fifth is Byzantine. What one has heard and not asked for
 * (commits, paces) stays with it until it leaves: the process needs memory, but no more as time goes on.
 */
export function startSoakCrowd(options: SoakCrowdOptions): SoakCrowd {
  const { url, clients, seed, honestDelta } = options;
  const rng = createRng(seed, "soak");
  const answers: Record<string, Record<string, number>> = {};
  const figures = { joins: 0, leaves: 0, thrownOut: 0 };
  let numKeys = 0;

  function note(conduct: string, answer: string): void {
    const row = answers[conduct] ?? {};
    answers[conduct] = { ...row, [answer]: (row[answer] ?? 0) + 1 };
  }

  async function takeOffers(client: RawClient, isByzantine: boolean, own: Rng): Promise<void> {
    const gone = new Promise<undefined>((resolve) => client.socket.once("disconnect", () => resolve(undefined)));
    let earlier: Offer | undefined;
    for (;;) {
      const offer = client.socket.connected ? await Promise.race([client.offer(), gone]) : undefined;
      if (offer === undefined) return;
      const [name, conduct] = isByzantine ? drawConduct(own) : (["honest", honest] as const);
      try {
        const answer = await Promise.race([conduct({ client, offer, earlier, rng: own, honestDelta }), gone]);
        note(name, answer === undefined ? "unanswered" : "code" in answer ? `${answer.code}` : "accepted");
      } catch {
        note(name, "unanswered"); // the connection ended under it, or a frame of its own was answered in its stead
      }
      earlier = offer;
    }
  }

  function start(name: string, isByzantine: boolean): Member {
    const own = createRng(seed, "soak-client", figures.joins++);
    const leaving = new AbortController();
    let client: RawClient | undefined;
    async function live(): Promise<void> {
      while (!leaving.signal.aborted) {
        try {
          client = await joinRawClient(url, name);
          if (leaving.signal.aborted) client.close();
          await takeOffers(client, isByzantine, own);
        } catch {
          // refused at the door: it comes again
        }
        if (leaving.signal.aborted) return;
        figures.thrownOut++;
        await delay(BACK_AFTER_MS, undefined, { signal: leaving.signal }).catch(() => {});
      }
    }
    void live();
    return {
      name,
      leave(withAWord) {
        leaving.abort();
        if (withAWord) void client?.emit("leave", {}).catch(() => {});
        client?.close();
      },
    };
  }

  const isByzantine = (place: number): boolean => place % BYZANTINE_EVERY === 0;
  const members = Array.from({ length: clients }, (_, place) => start(`soak-${numKeys++}`, isByzantine(place)));
  /** Honest keys stay honest. */
  const absent = { honest: [] as string[], byzantine: [] as string[] };

  return {
    answers,
    get joins() {
      return figures.joins;
    },
    get leaves() {
      return figures.leaves;
    },
    get thrownOut() {
      return figures.thrownOut;
    },
    churn() {
      const place = rng.nextBelow(clients);
      const leaver = members[place] as Member;
      const names = absent[isByzantine(place) ? "byzantine" : "honest"];
      const again = rng.nextBelow(2) === 0 ? names.splice(rng.nextBelow(names.length || 1), 1)[0] : undefined;
      leaver.leave(rng.nextBelow(2) === 0);
      figures.leaves++;
      names.push(leaver.name);
      if (names.length > MAX_ABSENT) names.shift();
      members[place] = start(again ?? `soak-${numKeys++}`, isByzantine(place));
    },
    close() {
      for (const member of members) member.leave(false);
    },
  };
}
