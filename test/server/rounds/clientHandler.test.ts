import { expect, it } from "vitest";
import { openDirectWorld } from "../../drills/directWorld.ts";
import { createVirtualClock } from "../../support/virtualClock.ts";

it("closes and tells of a connection over which nobody proves a key in time, and of no other", async () => {
  const clock = createVirtualClock();
  let timeouts = 0;
  const onHelloTimeout = () => void timeouts++;
  const { coordinator, greet } = await openDirectWorld(["a"], { ports: { clock }, onHelloTimeout, isUnopened: true });
  expect(await greet(async () => ({}))).toMatchObject({ ok: false }); // and goes by itself
  const closed: string[] = [];
  coordinator.accept({
    ...{ id: "silent", address: "192.0.2.1", send() {}, hearBroadcasts() {}, hasRoomFor: () => true },
    disconnect: (reason) => closed.push(reason),
  });
  clock.advance(86_400_000);
  expect([timeouts, closed]).toEqual([1, ["no valid hello in time"]]);
});
