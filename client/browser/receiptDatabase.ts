import { type KeptReceipt, memoryReceipts, type ReceiptStore } from "../core/keptReceipt.ts";
import type { ClientDatabase } from "./database.ts";

/** Receipts in IndexedDB; in memory where the browser keeps nothing. */
export function receiptDatabase(database: ClientDatabase | undefined): ReceiptStore {
  if (database === undefined) return memoryReceipts();
  return {
    async keep(receipt) {
      await database.add("receipts", receipt);
    },
    async last(runId, clientKey) {
      const index = database.transaction("receipts").store.index("byClient");
      const newest = await index.openCursor([runId, clientKey], "prev");
      return newest?.value;
    },
  };
}

/** Every receipt of this browser, oldest first. */
export function listReceipts(database: ClientDatabase): Promise<KeptReceipt[]> {
  return database.getAll("receipts");
}
