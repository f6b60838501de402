import type { ContentHash } from "../../shared/base/hash.ts";
import type { SignedCommit } from "../../shared/protocol/commit.ts";

/**
 * A receipt with what is needed to prove it later, as one JSON line. Bytes are base64: `record` and `signature` are the
 * coordinator's promise exactly as signed, `header` is the signed update header that it is about.
 */
export interface KeptReceipt {
  readonly runId: string;
  readonly round: number;
  readonly attempt: number;
  /** Public keys, lower-case hex. */
  readonly clientKey: string;
  readonly coordinatorKey: string;
  readonly headerHash: ContentHash;
  /** Chains to the client's next update. */
  readonly receiptHash: ContentHash;
  readonly journalSeq: number;
  /** Examples trained on, and their mean loss. */
  readonly numExamples: number;
  readonly trainLoss: number;
  readonly header: string;
  readonly record: string;
  readonly signature: string;
  /** Once known, the commit that the update counts in; or all that it should be in, which prove with the receipt that it was left out. */
  readonly commits?: readonly KeptCommit[];
}

/** A commit record exactly as signed, and its signature; base64. */
export interface KeptCommit {
  readonly record: string;
  readonly signature: string;
}

/** Two commits that cannot be of one history, both signed by the coordinator of a run. */
export interface KeptFork extends Pick<KeptReceipt, "runId" | "coordinatorKey"> {
  readonly fork: readonly [earlier: KeptCommit, later: KeptCommit];
}

export type UpdateName = Pick<KeptReceipt, "runId" | "clientKey" | "headerHash">;
export type ReceiptNames = Pick<KeptReceipt, "receiptHash" | "headerHash" | "round" | "attempt">;

/** Where receipts are kept: a file in Node, IndexedDB in a page, memory in tests. */
export interface ReceiptStore {
  keep(receipt: KeptReceipt): Promise<void>;
  /** Names of the newest receipt of this key in this run, which the next header names, of its update and of its attempt. */
  last(runId: string, clientKey: string): Promise<ReceiptNames | undefined>;
  /** Receipts alone are kept when absent. */
  readonly evidence?: EvidenceStore;
}

/** Where commits are kept that prove something to others. */
export interface EvidenceStore {
  /** For a person who looks for them. */
  readonly place: string;
  /** Adds commits to the receipt of this update. */
  keepCommits(update: UpdateName, commits: readonly KeptCommit[]): Promise<void>;
  keepFork(fork: KeptFork): Promise<void>;
}

/** Receipts for as long as the process lives. */
export function memoryReceipts(): ReceiptStore & { readonly receipts: readonly KeptReceipt[] } {
  const receipts: KeptReceipt[] = [];
  return {
    receipts,
    async keep(receipt) {
      receipts.push(receipt);
    },
    async last(runId, clientKey) {
      return receipts.findLast((kept) => kept.runId === runId && kept.clientKey === clientKey);
    },
  };
}

export function keptCommit({ record, signature }: SignedCommit): KeptCommit {
  return { record: toBase64(record), signature: toBase64(signature) };
}

export function signedCommit({ record, signature }: KeptCommit): SignedCommit {
  return { record: fromBase64(record), signature: fromBase64(signature) };
}

/** Base64 on every platform; a commit record has too many bytes for as many arguments of one call. */
export function toBase64(bytes: Uint8Array): string {
  return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));
}

/** @throws DOMException if the text is no base64. */
export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
