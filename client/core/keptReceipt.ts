import type { ContentHash } from "../../shared/base/hash.ts";

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
}

export type ReceiptNames = Pick<KeptReceipt, "receiptHash" | "headerHash" | "round" | "attempt">;

/** Where receipts are kept: a file in Node, IndexedDB in a page, memory in tests. */
export interface ReceiptStore {
  keep(receipt: KeptReceipt): Promise<void>;
  /** Names of the newest receipt of this key in this run, which the next header names, of its update and of its attempt. */
  last(runId: string, clientKey: string): Promise<ReceiptNames | undefined>;
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

/** Base64 of a few hundred bytes, on every platform. */
export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** @throws DOMException if the text is no base64. */
export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
