import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { JournalEvent } from "../../server/store/journalEvent.ts";
import { readRunHistory } from "../../server/store/runHistory.ts";
import type { Store } from "../../server/store/store.ts";
import { MissingBlobError, StoreReadOnlyError } from "../../server/store/storeErrors.ts";
import {
  bytesOf,
  hashOf,
  playRound,
  roundOpened,
  runCreated,
  startRun,
  updateAccepted,
} from "../support/sampleJournal.ts";

/** What every store promises. `open` gives a new, empty one. */
export function storeContract(name: string, open: () => Promise<Store>): void {
  describe(name, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    it("is empty at first", () => {
      expect(store.head).toBeUndefined();
      expect([...store.events()]).toEqual([]);
    });

    it("numbers events without gaps in the order of the calls, however many share a commit", async () => {
      await startRun(store);
      const clients = Array.from({ length: 50 }, (_, i) => `c${i}`);
      const positions = await Promise.all([
        store.append(roundOpened(0, clients)),
        ...clients.map((client) => store.append(updateAccepted(0, client))),
      ]);
      expect(positions.map(({ seq }) => seq)).toEqual(Array.from({ length: 51 }, (_, i) => i + 1));
      expect(store.head).toEqual(positions.at(-1));
      expect([...store.events()].map(({ event }) => event)).toEqual([
        runCreated(),
        roundOpened(0, clients),
        ...clients.map((client) => updateAccepted(0, client)),
      ]);
    });

    it("chains each event to all before it", async () => {
      await startRun(store);
      await store.append(roundOpened(0));
      // Independent of the implementation: sha256 over the previous hash and RFC 8785 text, made with Python's hashlib
      // and json.dumps(sort_keys=True, separators=(",", ":")).
      expect([...store.events()].map(({ hash }) => hash)).toEqual(EXPECTED_CHAIN);
    });

    it("reads from any event on", async () => {
      await startRun(store);
      await playRound(store, 0);
      expect([...store.events(3)].map(({ seq }) => seq)).toEqual([3, 4]);
      expect([...store.events(5)]).toEqual([]);
    });

    it("refuses a malformed event, naming the field, and stays as it was", async () => {
      await startRun(store);
      const { head } = store;
      const forged = { ...updateAccepted(0), weight: 0 } as JournalEvent;
      await expect(store.append(forged)).rejects.toThrow(/"weight"/);
      await expect(store.append({ ...roundOpened(0), extra: 1 } as JournalEvent)).rejects.toThrow(TypeError);
      expect(store.head).toEqual(head);
      await store.append(roundOpened(0));
    });

    it("gives blobs back as they were, and keeps one copy of equal ones", async () => {
      const bytes = Uint8Array.of(1, 2, 3);
      const hash = await store.putBlob(bytes);
      bytes[0] = 9; // the caller's buffer is the caller's
      expect(await store.getBlob(hash)).toEqual(Uint8Array.of(1, 2, 3));
      expect(await store.putBlob(Uint8Array.of(1, 2, 3))).toBe(hash);
      const same = await Promise.all([store.putBlob(new Uint8Array(9)), store.putBlob(new Uint8Array(9))]);
      expect(same[0]).toBe(same[1]);
      expect(await store.hasBlob(hash)).toBe(true);
    });

    it("says so when a blob was never stored", async () => {
      await expect(store.getBlob(hashOf("nothing"))).rejects.toThrow(MissingBlobError);
      expect(await store.hasBlob(hashOf("nothing"))).toBe(false);
    });

    it("keeps deltas while their round is open, and lets them go with its commit", async () => {
      await startRun(store);
      await store.append(roundOpened(0));
      const delta = await store.putBlob(bytesOf("delta 0 a"));
      expect(await store.deleteBlob(delta)).toBe(false); // no event names it yet, one may be on its way
      await store.append(updateAccepted(0));
      expect(await store.deleteBlob(delta)).toBe(false);
      await store.append({ kind: "round-aborted", round: 0, attempt: 0, reason: "test" });
      expect(await store.deleteBlob(delta)).toBe(true);
      expect(await store.hasBlob(delta)).toBe(false);
    });

    it("keeps every delta of a run with retention all", async () => {
      await startRun(store, "all");
      for (let round = 0; round < 3; round++) await playRound(store, round);
      for (let round = 0; round < 3; round++) expect(await store.deleteBlob(hashOf(`delta ${round} a`))).toBe(false);
    });

    it("keeps the params of the start, of the best and of the last eight commits", async () => {
      await startRun(store);
      for (let round = 0; round < 12; round++) await playRound(store, round, round === 1 ? 0.9 : 0.5);
      const kept: number[] = [];
      for (let version = 0; version <= 12; version++) {
        if (!(await store.deleteBlob(hashOf(`params ${version}`)))) kept.push(version);
      }
      expect(kept).toEqual([0, 2, 5, 6, 7, 8, 9, 10, 11, 12]);
    });

    it("tells a coordinator where it was", async () => {
      await startRun(store);
      await playRound(store, 0);
      await store.append(roundOpened(1, ["a", "b"]));
      await store.append(updateAccepted(1, "b"));
      const history = readRunHistory(store.events());
      expect(history.created).toEqual(runCreated());
      expect(history.commits.map(({ round }) => round)).toEqual([0]);
      expect(history.open).toEqual({
        opened: roundOpened(1, ["a", "b"]),
        updates: [updateAccepted(1, "b")],
        sealed: undefined,
      });
    });

    it("takes no writes once closed", async () => {
      await store.close();
      await expect(store.append(runCreated())).rejects.toThrow(StoreReadOnlyError);
      await expect(store.putBlob(Uint8Array.of(1))).rejects.toThrow(StoreReadOnlyError);
    });
  });
}

const EXPECTED_CHAIN = [
  "sha256-cab80bb6592a7d72651afd72375313c71f318ead0d8db1d20f7c23e6112484a3",
  "sha256-9ed918f0f5c51c6dc78430478bb0123e87974797ee266ed95f88190fe4dbc038",
];
