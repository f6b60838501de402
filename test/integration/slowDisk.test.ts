import { expect, it } from "vitest";
import { createMemoryStore } from "../../server/store/memoryStore.ts";
import type { Store } from "../../server/store/store.ts";
import { joinRawClient, ticketOf } from "../support/rawClient.ts";
import { startTestCoordinator } from "../support/testCoordinator.ts";

/** A store whose next blob waits until it is let go. */
function heldStore() {
  const store = createMemoryStore();
  let hold: Promise<void> | undefined;
  const putBlob: Store["putBlob"] = async (bytes) => {
    await hold;
    return store.putBlob(bytes);
  };
  const members = { ...Object.getOwnPropertyDescriptors(store), putBlob: { value: putBlob } };
  return {
    store: Object.defineProperties({}, members) as Store,
    holdBlobs(): () => void {
      let letGo = (): void => {};
      hold = new Promise((resolve) => {
        letGo = resolve;
      });
      return letGo;
    },
  };
}

it("takes no second update for a ticket while the first is on its way to the disk", async () => {
  const { store, holdBlobs } = heldStore();
  const coordinator = await startTestCoordinator({ store, plan: { cohort: { size: 2, quorum: 2 } } });
  const client = await joinRawClient(coordinator.url, "a");
  const other = await joinRawClient(coordinator.url, "b"); // keeps the round open
  const offer = await client.offer();
  const first = await client.update(offer);
  const second = await client.update(offer, { delta: new Float32Array(offer.numParams).fill(0.25) });
  const letGo = holdBlobs();

  await client.emit("submit", first.submit);
  const ticket = ticketOf(first.submit.header);
  const receipted = client.emit("chunk", { ticket, offset: 0, bytes: first.payload });
  expect(await client.emit("submit", second.submit)).toMatchObject({ ok: false, code: "EQUIVOCATION" });
  const bytes = second.payload.subarray(0, 4);
  expect(await client.emit("chunk", { ticket, offset: 0, bytes })).toMatchObject({ code: "UPLOAD_OUT_OF_ORDER" });
  const again = client.emit("submit", first.submit);
  letGo();
  const acknowledged = await receipted;
  expect(acknowledged).toMatchObject({ ok: true, receipt: expect.anything() });
  expect(await again).toEqual(acknowledged);
  client.close();
  other.close();
  await coordinator.close();
});
