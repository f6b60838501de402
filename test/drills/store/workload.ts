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

/** Who may take part, and an operator's pause: what a journal holds beside rounds. */
const BESIDE_ROUNDS: readonly JournalEvent[] = [
  { kind: "invitations-issued", invitations: [{ hash: hashOf("invitation"), expiresAtMs: 1_750_000_000_000 }] },
  { kind: "client-enrolled", clientId: keyOf("a"), invitation: hashOf("invitation") },
  {
    kind: "key-rotated",
    ...{ clientId: keyOf("a"), successor: keyOf("a'"), keyEpoch: 1, signature: "c2ln", proof: "cHJvb2Y=" },
  },
  { kind: "key-revoked", clientId: keyOf("d"), reason: "it was stolen" },
  { kind: "run-paused", reason: "an upgrade" },
  { kind: "run-resumed" },
];

export interface Workload {
  readonly rounds: number;
  /** Hears of each event once it is durable: what a client with a receipt knows. */
  readonly ack: (position: JournalPosition) => void;
}

/**
 * Brings a run to its last round as a coordinator does, going on wherever the journal ends. Its strategy keeps a state and
 * hands part of it out, its aggregator draws a seed and compares with a delta of the coordinator's own.
 */
export async function playToEnd(store: Store, { rounds, ack }: Workload): Promise<void> {
  const append = async (event: JournalEvent): Promise<void> => ack(await store.append(event));
  const put = (label: string): Promise<ContentHash> => store.putBlob(bytesOf(label));
  const events = [...store.events()];
  const history = readRunHistory(events);
  if (history.created === undefined) {
    await put("params 0");
    await append(runCreated());
  }
  const there = new Set(events.map(({ event }) => event.kind));
  for (const event of BESIDE_ROUNDS) if (!there.has(event.kind)) await append(event);
  let { open } = history;
  for (let round = history.commits.length; round < rounds; round++) {
    if (open === undefined) {
      const handouts = [{ name: "control", hash: await put(`control ${round}`) }];
      await append({ ...roundOpened(round, CLIENTS), handouts });
    }
    const answered = new Set(open?.updates.map(({ headerHash }) => headerHash));
    const missing = CLIENTS.filter((client) => !answered.has(hashOf(`header ${round} ${client}`)));
    const uploads = missing.map(async (client) => {
      await put(`delta ${round} ${client}`);
      await append(updateAccepted(round, client));
    });
    for (const { status } of await Promise.allSettled(uploads)) if (status === "rejected") await Promise.all(uploads);
    const headerHashes = CLIENTS.map((client) => hashOf(`header ${round} ${client}`));
    if (open?.sealed === undefined) {
      const inputs = { seed: keyOf(`seed ${round}`), rootDeltaHash: await put(`root delta ${round}`) };
      await append({ kind: "round-sealed", round, attempt: 0, headerHashes, ...inputs });
    }
    const stateHash = await put(`state ${round + 1}`);
    await put(`params ${round + 1}`);
    await append({ ...roundCommitted(round), headerHashes, stateHash });
    open = undefined;
  }
}

/** 64 hex digits for a label, as a key and a seed have them. */
function keyOf(label: string): string {
  return hashOf(`key ${label}`).slice("sha256-".length);
}

/** What a store holds after whatever happened: every acknowledged event, in one chain, and what it goes on from. */
export async function checkRecovered(store: Store, acknowledged: readonly JournalPosition[]): Promise<void> {
  const events = [...store.events()];
  for (const { seq, hash } of acknowledged) expect(events[seq]?.hash, `event ${seq} was acknowledged`).toBe(hash);
  const { created, lastCommit, open } = readRunHistory(events);
  if (created === undefined) return;
  const needed = [
    ...[lastCommit?.paramsHash ?? created.paramsHash, lastCommit?.stateHash, open?.sealed?.rootDeltaHash],
    ...(open?.opened.handouts ?? []).map(({ hash }) => hash),
    ...(open?.updates ?? []).map(({ payloadHash }) => payloadHash),
  ];
  for (const hash of needed) if (hash !== undefined) await store.getBlob(hash);
}

/** The whole run is there, each round, each update and each word beside them once. */
export function checkFinished(store: Store, rounds: number): void {
  const events = [...store.events()];
  const { commits, open, paused } = readRunHistory(events);
  expect({ open, paused }).toEqual({ open: undefined, paused: undefined });
  expect(commits.map(({ round }) => round)).toEqual(Array.from({ length: rounds }, (_, round) => round));
  const numOf = (kind: JournalEvent["kind"]): number => events.filter(({ event }) => event.kind === kind).length;
  expect(numOf("update-accepted")).toBe(rounds * CLIENTS.length);
  expect(BESIDE_ROUNDS.map(({ kind }) => numOf(kind))).toEqual(BESIDE_ROUNDS.map(() => 1));
}
