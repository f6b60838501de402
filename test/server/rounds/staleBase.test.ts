import { expect, it } from "vitest";
import type { Logger } from "../../../server/logger.ts";
import { createMemoryStore } from "../../../server/store/memoryStore.ts";
import type { Store } from "../../../server/store/store.ts";
import { CorruptStoreError } from "../../../server/store/storeErrors.ts";
import { type ContentHash, toHex } from "../../../shared/base/hash.ts";
import { type DirectClient, openDirectWorld } from "../../drills/directWorld.ts";
import { settle } from "../../support/settle.ts";

const MAX_STALENESS = 8;

/** Each update is a commit, two clients work. */
const plan = {
  ...{ rounds: null, cohort: { size: 1, quorum: 1 }, maxStaleness: MAX_STALENESS },
  strategy: { kind: "fedasync", alpha: 0.5, concurrency: 2 },
} as const;

async function commit(client: DirectClient): Promise<void> {
  expect(await client.deliver(await client.update())).toMatchObject({ ok: true, receipt: {} });
  await settle();
}

it("tells a client whose update comes too late so, also where what it began at is gone", async () => {
  const { clients, coordinator, store } = await openDirectWorld(["a", "b"], { plan });
  const [a, b] = clients as [DirectClient, DirectClient];
  await commit(b); // the initial params stay for good: what b begins at next does not
  const { ticket, baseParamsHash } = b.offer;
  const late = await b.update();
  for (let behind = 0; behind < MAX_STALENESS; behind++) await commit(a);
  expect(await b.send("submit", late.submit)).toEqual({ ok: true, offset: 0 }); // still in time
  // Openings that went on with b keep it for as many more that go on with somebody.
  for (let more = 0; more < 3 * MAX_STALENESS && (await store.hasBlob(baseParamsHash)); more++) await commit(a);
  expect(await store.hasBlob(baseParamsHash)).toBe(false);
  const answer = await b.send("chunk", { ticket, offset: 0, bytes: late.payload });
  expect(answer).toMatchObject({ ok: false, code: "ROUND_CLOSED" });
  expect(coordinator.view.paused).toBeUndefined();
});

/** A client whose update began at params that can be read no more, and are not the last ones. */
async function openUnreadable(failure: Error) {
  const memory = createMemoryStore();
  const failures = new Map<string, Error>();
  const store: Store = Object.create(memory, {
    getBlob: {
      value: async (hash: ContentHash) => {
        const error = failures.get(hash);
        if (error !== undefined) throw error;
        return memory.getBlob(hash);
      },
    },
  });
  const errors: [object, string | undefined][] = [];
  const quiet = (): void => {};
  const error = (fields: object, message?: string) => void errors.push([fields, message]);
  const logger = { debug: quiet, info: quiet, warn: quiet, error } as unknown as Logger;
  const { clients, coordinator } = await openDirectWorld(["a", "b"], { plan, ports: { store, logger } });
  const [a, b] = clients as [DirectClient, DirectClient];
  await commit(b);
  const { offer } = b;
  await commit(a);
  failures.set(offer.baseParamsHash, failure);
  const { baseParamsHash: params, round } = offer;
  const line = [{ client: toHex(b.signer.publicKey), round, params, reason: failure.message }, expect.any(String)];
  return { a, b, coordinator, errors, line, mend: () => failures.clear() };
}

it("refuses one update alone whose base is damaged, and offers its client the next params", async () => {
  const { a, b, coordinator, errors, line } = await openUnreadable(
    new CorruptStoreError("blob ab expected other bytes"),
  );
  const { round } = b.offer;
  expect(await b.deliver(await b.update())).toMatchObject({ ok: false, code: "UNKNOWN_PARAMS" });
  expect(errors).toEqual([line]);
  expect(coordinator.view.paused).toBeUndefined();
  const told = coordinator.view.activity.list().filter(({ kind }) => kind === "update-rejected");
  expect(told).toMatchObject([{ round, reason: "UNKNOWN_PARAMS" }]);
  await commit(a);
  expect(b.offer.round).toBeGreaterThan(round);
  await commit(b);
});

it("asks for an update again whose base the system did not let it read, and for no more than its last byte", async () => {
  const tooMany = Object.assign(new Error("EMFILE: too many open files"), { code: "EMFILE", syscall: "open" });
  const { b, coordinator, errors, line, mend } = await openUnreadable(tooMany);
  const update = await b.update();
  const { ticket } = b.offer;
  expect(await b.deliver(update)).toMatchObject({ ok: false, code: "UNAVAILABLE", retryAfterMs: 5000 });
  expect(errors).toEqual([line]);
  expect(coordinator.view.paused).toBeUndefined();
  mend();
  expect(await b.send("submit", update.submit)).toEqual({ ok: true, offset: 39 });
  const last = { ticket, offset: 39, bytes: update.payload.subarray(39) };
  expect(await b.send("chunk", last)).toMatchObject({ ok: true, receipt: {} });
});
