import { expect, it } from "vitest";
import { type DirectClient, openDirectWorld } from "../../drills/directWorld.ts";
import { settle } from "../../support/settle.ts";

const MAX_STALENESS = 8;

it("tells a client whose update comes too late so, also where what it began at is gone", async () => {
  const { clients, coordinator, store } = await openDirectWorld(["a", "b"], {
    plan: {
      rounds: null,
      cohort: { size: 1, quorum: 1 },
      strategy: { kind: "fedasync", alpha: 0.5, concurrency: 2 },
      maxStaleness: MAX_STALENESS,
    },
  });
  const [a, b] = clients as [DirectClient, DirectClient];
  const commit = async (client: DirectClient): Promise<void> => {
    expect(await client.deliver(await client.update())).toMatchObject({ ok: true, receipt: {} });
    await settle();
  };
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
