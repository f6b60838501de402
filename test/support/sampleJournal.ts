import type { JournalEvent, JournalEventOf } from "../../server/store/journalEvent.ts";
import { nodeSha256 } from "../../server/store/nodeSha256.ts";
import type { Store } from "../../server/store/store.ts";
import { type ContentHash, contentHash } from "../../shared/base/hash.ts";

/** A content hash for a label. */
export const hashOf = (label: string): ContentHash => contentHash(nodeSha256, new TextEncoder().encode(label));

/** The bytes behind the hash that `hashOf` gives. */
export const bytesOf = (label: string): Uint8Array => new TextEncoder().encode(label);

const hex = (label: string, numDigits: number): string => hashOf(label).slice("sha256-".length).slice(0, numDigits);

const clientId = (label: string): string => hex(`client ${label}`, 64);

export function runCreated(retention: "headers" | "all" = "headers"): JournalEventOf<"run-created"> {
  return {
    kind: "run-created",
    plan: { name: "sample", retention },
    model: { layers: [] },
    planHash: hashOf("plan"),
    modelHash: hashOf("model"),
    coordinatorKey: hex("coordinator", 64),
    paramsHash: hashOf("params 0"),
  };
}

export function roundOpened(round: number, clients: readonly string[] = ["a"]): JournalEventOf<"round-opened"> {
  const members = clients.map((name) => ({ clientId: clientId(name), ticket: hex(`ticket ${name} ${round}`, 32) }));
  return { kind: "round-opened", round, attempt: 0, paramsHash: hashOf(`params ${round}`), members };
}

/** The update of one client; its payload is the bytes of "delta <round> <client>". */
export function updateAccepted(round: number, client = "a"): JournalEventOf<"update-accepted"> {
  return {
    kind: "update-accepted",
    round,
    attempt: 0,
    clientId: clientId(client),
    headerHash: hashOf(`header ${round} ${client}`),
    header: "aGVhZGVy",
    signature: "c2ln",
    manifest: "bWFuaWZlc3Q=",
    payloadHash: hashOf(`delta ${round} ${client}`),
    weight: 1,
  };
}

export function roundCommitted(round: number, testAccuracy?: number): JournalEventOf<"round-committed"> {
  return {
    kind: "round-committed",
    round,
    attempt: 0,
    paramsHash: hashOf(`params ${round + 1}`),
    metrics: testAccuracy === undefined ? {} : { testAccuracy },
    headerHashes: [hashOf(`header ${round} a`)],
    record: "cmVjb3Jk",
    signature: "c2ln",
  };
}

/** Stores the blobs of a whole round and appends its events. */
export async function playRound(store: Store, round: number, testAccuracy?: number): Promise<void> {
  const append = (event: JournalEvent) => store.append(event);
  await append(roundOpened(round));
  await store.putBlob(bytesOf(`delta ${round} a`));
  await append(updateAccepted(round));
  await append({ kind: "round-sealed", round, attempt: 0, headerHashes: [hashOf(`header ${round} a`)] });
  await store.putBlob(bytesOf(`params ${round + 1}`));
  await append(roundCommitted(round, testAccuracy));
}

/** A new run in the store: its initial params and first event. */
export async function startRun(store: Store, retention: "headers" | "all" = "headers"): Promise<void> {
  await store.putBlob(bytesOf("params 0"));
  await store.append(runCreated(retention));
}
