import { expect, it } from "vitest";
import { createNodeSigner } from "../../../server/crypto/nodeEd25519.ts";
import type { Admission } from "../../../server/identity/admission.ts";
import { ProtocolError } from "../../../shared/base/errors.ts";
import type { Challenge } from "../../../shared/protocol/challenge.ts";
import { createHello } from "../../../shared/protocol/checkHello.ts";
import { type DirectWorldOptions, openDirectWorld } from "../../drills/directWorld.ts";
import { seedOf } from "../../support/rawClient.ts";
import { createVirtualClock } from "../../support/virtualClock.ts";

/** How long the direct world gives a hello. */
const HELLO_MS = 86_400_000;

it("closes and tells of a connection over which nobody proves a key in time, and of no other", async () => {
  let timeouts = 0;
  const onHelloTimeout = () => void timeouts++;
  const { clock, coordinator, connection, closed, greet } = await openOne({ onHelloTimeout });
  expect(await greet(async () => ({}))).toMatchObject({ ok: false }); // and goes by itself
  coordinator.accept(connection);
  clock.advance(HELLO_MS);
  expect([timeouts, closed]).toEqual([1, ["no valid hello in time"]]);
});

it("lets nobody join over a connection that goes while its hello is answered", async () => {
  const { coordinator, hello } = await openOne();
  const { handler, answered } = await hello();
  handler.closed();
  answered.afterwards?.();
  expect(coordinator.view.clients.size).toBe(0);
});

it("closes a connection whose client said goodbye and stays, as it gives its place to nobody else", async () => {
  let timeouts = 0;
  const { clock, hello, closed } = await openOne({ onHelloTimeout: () => void timeouts++ });
  const { handler, answered } = await hello();
  answered.afterwards?.();
  clock.advance(HELLO_MS);
  await handler.handle("leave", {});
  clock.advance(HELLO_MS - 1);
  expect(closed).toEqual([]);
  clock.advance(1);
  expect([timeouts, closed]).toEqual([0, ["it has no client any more"]]);
});

it("closes a connection whose key was shut out by a rotation that could not be stored: it comes in again", async () => {
  let shutOut = (_why: ProtocolError): void => {};
  const admission: Admission = {
    async admit() {},
    keyEpoch: () => 0,
    watch(_, onShutOut) {
      shutOut = onShutOut;
      return () => {};
    },
    async rotate() {
      shutOut(new ProtocolError("KEY_REVOKED", "another key has taken this one's place"));
      throw new ProtocolError("UNAVAILABLE", "this could not be stored");
    },
  };
  const { clock, hello, closed, sent } = await openOne({ ports: { admission } });
  const { handler, answered } = await hello();
  answered.afterwards?.();
  const rotating = handler.handle("rotate", {
    ...{ successor: new Uint8Array(32), signature: new Uint8Array(64), proof: new Uint8Array(64) },
  });
  await expect(rotating).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect(closed).toEqual([]); // it hears the answer first
  clock.advance(HELLO_MS);
  expect(closed).toEqual(["it has no client any more"]);
  expect(sent.has("reject")).toBe(false); // which would end the client, whose key is as good as before
});

it("closes no connection a second time", async () => {
  const { clock, hello, closed } = await openOne();
  const { handler, answered } = await hello();
  answered.afterwards?.();
  await handler.handle("leave", {});
  handler.closed();
  clock.advance(HELLO_MS);
  expect(closed).toEqual([]);
});

/** A run that nobody is in, and one connection to it. */
async function openOne(options: DirectWorldOptions = {}) {
  const clock = createVirtualClock();
  const world = await openDirectWorld(["a"], { ...options, ports: { clock, ...options.ports }, isUnopened: true });
  const { coordinator } = world;
  const [member] = world.clients;
  await member?.send("leave", {});
  member?.lose();
  const sent = new Map<string, unknown>();
  const closed: string[] = [];
  const connection = {
    ...{ id: "one", address: "192.0.2.1", hearBroadcasts() {}, hasRoomFor: () => true },
    send: (event: string, payload: unknown) => void sent.set(event, payload),
    disconnect: (reason: string) => void closed.push(reason),
  };
  return {
    ...{ ...world, clock, connection, sent, closed },
    async hello() {
      const handler = coordinator.accept(connection);
      const about = { numExamples: 10, software: "direct" };
      const hello = await createHello(sent.get("challenge") as Challenge, createNodeSigner(seedOf("b")), about);
      return { handler, answered: await handler.handle("hello", hello) };
    },
  };
}
