import { expect } from "vitest";
import type { JournalEvent } from "../../../server/store/journalEvent.ts";
import { readRunHistory } from "../../../server/store/runHistory.ts";
import type { JournalPosition, Store } from "../../../server/store/store.ts";
import type { ContentHash } from "../../../shared/base/hash.ts";
import {
  bytesOf,
  hashOf,
  roundCommitted,
  roundOpened,
  runCreated,
  updateAccepted,
} from "../../support/sampleJournal.ts";

const CLIENTS = ["a", "b", "c"];

export interface Workload {
  readonly rounds: number;
  /** Hears of each event once it is durable: what a client with a receipt knows. */
  readonly ack: (position: JournalPosition) => void;
}

/** Brings a run to its last round as a coordinator does, going on wherever the journal ends. */
export async function playToEnd(store: Store, { rounds, ack }: Workload): Promise<void> {
  const append = async (event: JournalEvent): Promise<void> => ack(await store.append(event));
  const history = readRunHistory(store.events());
  if (history.created === undefined) {
    await store.putBlob(bytesOf("params 0"));
    await append(runCreated());
  }
  let { open } = history;
  for (let round = history.commits.length; round < rounds; round++) {
    if (open === undefined) await append(roundOpened(round, CLIENTS));
    const answered = new Set(open?.updates.map(({ headerHash }) => headerHash));
    const missing = CLIENTS.filter((client) => !answered.has(hashOf(`header ${round} ${client}`)));
    const uploads = missing.map(async (client) => {
      await store.putBlob(bytesOf(`delta ${round} ${client}`));
      await append(updateAccepted(round, client));
    });
    for (const { status } of await Promise.allSettled(uploads)) if (status === "rejected") await Promise.all(uploads);
    const headerHashes = CLIENTS.map((client) => hashOf(`header ${round} ${client}`));
    if (open?.sealed === undefined) await append({ kind: "round-sealed", round, attempt: 0, headerHashes });
    await store.putBlob(bytesOf(`params ${round + 1}`));
    await append({ ...roundCommitted(round), headerHashes });
    open = undefined;
  }
}

/** What a store holds after whatever happened: every acknowledged event, in one chain, and what it goes on from. */
export async function checkRecovered(store: Store, acknowledged: readonly JournalPosition[]): Promise<void> {
  const events = [...store.events()];
  for (const { seq, hash } of acknowledged) expect(events[seq]?.hash, `event ${seq} was acknowledged`).toBe(hash);
  const { created, commits, open } = readRunHistory(events);
  if (created === undefined) return;
  const needed: ContentHash[] = [commits.at(-1)?.paramsHash ?? created.paramsHash];
  for (const { payloadHash } of open?.updates ?? []) needed.push(payloadHash);
  for (const hash of needed) await store.getBlob(hash);
}

/** The whole run is there, each round and each update once. */
export function checkFinished(store: Store, rounds: number): void {
  const { commits, open } = readRunHistory(store.events());
  expect(open).toBeUndefined();
  expect(commits.map(({ round }) => round)).toEqual(Array.from({ length: rounds }, (_, round) => round));
  const kinds = [...store.events()].filter(({ event }) => event.kind === "update-accepted");
  expect(kinds).toHaveLength(rounds * CLIENTS.length);
}
