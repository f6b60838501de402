import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { KeptReceipt } from "../core/keptReceipt.ts";

/** What a page keeps between visits, for its origin alone. */
interface ClientSchema extends DBSchema {
  identity: { key: "default"; value: StoredIdentity };
  receipts: { key: number; value: KeptReceipt; indexes: { byClient: [runId: string, clientKey: string] } };
}

/** A key pair that the page can use but not read, or the seed of one where the platform has no such thing. */
export type StoredIdentity =
  | { readonly protection: "non-extractable"; readonly privateKey: CryptoKey; readonly publicKey: Uint8Array }
  | { readonly protection: "stored-seed"; readonly seed: Uint8Array };

export type ClientDatabase = IDBPDatabase<ClientSchema>;

/** @throws DOMException where the browser keeps nothing (some private windows). */
export function openDatabase(name = "headwater"): Promise<ClientDatabase> {
  return openDB<ClientSchema>(name, 1, {
    upgrade(database) {
      database.createObjectStore("identity");
      const receipts = database.createObjectStore("receipts", { autoIncrement: true });
      receipts.createIndex("byClient", ["runId", "clientKey"]);
    },
  });
}
