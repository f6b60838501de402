import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { ContentHash } from "../../shared/base/hash.ts";
import { memoryPersonal, type PersonalStore } from "../core/personalStore.ts";

type Key = [clientKey: string, runId: string];

/** What stays with this browser's clients; `pending` waits for word whether its update counts. */
interface PersonalSchema extends DBSchema {
  kept: { key: Key; value: Uint8Array };
  pending: { key: Key; value: { readonly headerHash: ContentHash; readonly bytes: Uint8Array } };
}

export type PersonalDatabase = IDBPDatabase<PersonalSchema>;

/**
 * A database beside that of key and receipts: another version of that one could not be opened while an old page is.
 * @throws DOMException where the browser keeps nothing (some private windows).
 */
export function openPersonalDatabase(name = "headwater-personal"): Promise<PersonalDatabase> {
  return openDB<PersonalSchema>(name, 1, {
    upgrade(database) {
      database.createObjectStore("kept");
      database.createObjectStore("pending");
    },
  });
}

/** That of one client in IndexedDB; in memory where the browser keeps nothing. */
export function personalDatabase(database: PersonalDatabase | undefined, clientKey: string): PersonalStore {
  if (database === undefined) return memoryPersonal();
  return {
    load: (runId) => database.get("kept", [clientKey, runId]),
    async hold(runId, headerHash, bytes) {
      await database.put("pending", { headerHash, bytes }, [clientKey, runId]);
    },
    held: async (runId) => (await database.get("pending", [clientKey, runId]))?.headerHash,
    async promote(runId, headerHash) {
      const transaction = database.transaction(["kept", "pending"], "readwrite");
      const pending = transaction.objectStore("pending");
      const key: Key = [clientKey, runId];
      const held = await pending.get(key);
      if (held?.headerHash === headerHash) {
        await Promise.all([transaction.objectStore("kept").put(held.bytes, key), pending.delete(key)]);
      }
      await transaction.done;
    },
    async drop(runId, headerHash) {
      const { store, done } = database.transaction("pending", "readwrite");
      const key: Key = [clientKey, runId];
      if ((await store.get(key))?.headerHash === headerHash) await store.delete(key);
      await done;
    },
  };
}

export async function erasePersonal(database: PersonalDatabase): Promise<void> {
  await Promise.all([database.clear("kept"), database.clear("pending")]);
}
