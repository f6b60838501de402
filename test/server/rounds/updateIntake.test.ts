import { expect, it } from "vitest";
import type { JournalEvent } from "../../../server/store/journalEvent.ts";
import { createMemoryStore } from "../../../server/store/memoryStore.ts";
import type { Store } from "../../../server/store/store.ts";
import { type DirectClient, openDirectWorld } from "../../drills/directWorld.ts";
import { settle } from "../../support/settle.ts";
import { createVirtualClock } from "../../support/virtualClock.ts";

/** A store whose next event of a kind waits until it is let go. */
function createSlowStore(kind: JournalEvent["kind"]) {
  const store = createMemoryStore();
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const slow: Store = Object.create(store, {
    append: {
      value: async (event: JournalEvent) => {
        if (event.kind === kind) await gate;
        return store.append(event);
      },
    },
  });
  return { slow, release: () => release() };
}

it("asks for the last byte again of an update that came while a commit was made, and for no more", async () => {
  const { slow, release } = createSlowStore("round-sealed");
  const { clients, coordinator } = await openDirectWorld(["a", "b", "c"], {
    plan: {
      ...{ rounds: null, cohort: { size: 2, quorum: 2 }, maxStaleness: 2 },
      strategy: { kind: "fedbuff", concurrency: 3 },
    },
    ports: { clock: createVirtualClock(), store: slow },
  });
  const [a, b, c] = clients as [DirectClient, DirectClient, DirectClient];
  const { ticket } = c.offer;
  const { submit, payload } = await c.update();
  expect(await c.send("submit", submit)).toEqual({ ok: true, offset: 0 });
  await a.deliver(await a.update());
  await b.deliver(await b.update());
  const between = { ok: false, code: "UNAVAILABLE", retryAfterMs: 250 };
  expect(coordinator.view.state.phase).toBe("sealed");
  expect(await c.send("chunk", { ticket, offset: 0, bytes: payload })).toMatchObject(between);
  expect(await c.send("submit", submit)).toMatchObject(between);
  release();
  await settle();
  expect(coordinator.view.state).toMatchObject({ round: 1, phase: "announced" });
  expect(await c.send("submit", submit)).toEqual({ ok: true, offset: 39 });
  const last = { ticket, offset: 39, bytes: payload.subarray(39) };
  expect(await c.send("chunk", last)).toMatchObject({ ok: true, receipt: {} });
});
