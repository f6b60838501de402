import type { Socket } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createMemoryStore } from "../../server/store/memoryStore.ts";
import type { Store } from "../../server/store/store.ts";
import type { ContentHash } from "../../shared/base/hash.ts";
import { f32 } from "../../shared/codec/f32.ts";
import type { SignedUpdate } from "../../shared/protocol/createUpdate.ts";
import type { Offer } from "../../shared/protocol/offer.ts";
import { connectRawClient, joinRawClient, type RawClient } from "../support/rawClient.ts";
import { startTestCoordinator, type TestCoordinator } from "../support/testCoordinator.ts";

let store: Store;
let coordinator: TestCoordinator;
/** The other member of the one round: it stays open until this one answers. */
let other: RawClient;
/** From now on no update gets to the disk, until these writes are let. */
let holdWrites: () => void;
let letWrites: () => void;
let numHeld: number;
const clients: RawClient[] = [];
const deaf: Socket[] = [];

beforeEach(async () => {
  const inner = createMemoryStore();
  let held: Promise<void> | undefined;
  numHeld = 0;
  letWrites = () => {};
  const putBlob: Store["putBlob"] = async (...args) => {
    if (held !== undefined) {
      numHeld++;
      await held;
    }
    return inner.putBlob(...args);
  };
  store = Object.create(inner, { putBlob: { value: putBlob } });
  coordinator = await startTestCoordinator({ store, plan: { cohort: { size: 2, quorum: 2 }, rounds: 1 } });
  other = keep(await joinRawClient(coordinator.url, "other"));
  holdWrites = () => {
    held = new Promise((resolve) => {
      letWrites = () => {
        held = undefined;
        resolve();
      };
    });
  };
});

afterEach(async () => {
  letWrites();
  for (const line of deaf.splice(0)) line.resume(); // else the coordinator would wait for them as it closes
  for (const client of clients.splice(0)) client.close();
  await coordinator.close();
});

function keep(client: RawClient): RawClient {
  clients.push(client);
  return client;
}

const join = async (): Promise<RawClient> => keep(await joinRawClient(coordinator.url, "twice"));

const filled = (value: number): Float32Array => new Float32Array(10).fill(value);

const gone = ({ socket }: RawClient): Promise<string> =>
  new Promise((resolve) => socket.once("disconnect", (reason) => resolve(reason)));

/** A half-dead connection: what the coordinator sends does not come through, its close included; what is said does. */
function deafen({ socket }: RawClient): void {
  const { transport } = socket.io.engine as unknown as { transport: { ws: { _socket: Socket } } };
  const { _socket: line } = transport.ws;
  line.pause();
  deaf.push(line);
}

function accepted(): readonly string[] {
  return [...store.events()].flatMap(({ event }) => (event.kind === "update-accepted" ? event.clientId : []));
}

/** The other member answers 1.5, which closes the round: 0.5 of the key that came twice counts beside it, once. */
async function expectOneVote({ clientId }: RawClient): Promise<void> {
  expect(await other.send(await other.update(await other.offer(), { delta: filled(1.5) }))).toMatchObject({ ok: true });
  await other.next("commit");
  expect(accepted().toSorted()).toEqual([clientId, other.clientId].toSorted());
  expect(coordinator.rounds()).toMatchObject([{ round: 0, cohort: 2, accepted: 2, examples: 20 }]);
  const params = await store.getBlob(coordinator.status().live.paramsHash as ContentHash);
  expect(f32.decode(params, 10)).toEqual(filled(2)); // 1 + (0.5 + 1.5) / 2
}

/** Submit and its only chunk, without waiting for an answer to either. */
function sendBlindly({ socket }: RawClient, { ticket }: Offer, { submit, payload }: SignedUpdate): void {
  socket.emit("submit", submit);
  socket.emit("chunk", { ticket, offset: 0, bytes: Uint8Array.from(payload) });
}

it("keeps one of two connections that say hello with the same key at once, with one ticket and one vote", async () => {
  const both = await Promise.all([0, 1].map(() => connectRawClient(coordinator.url, "twice")));
  for (const client of both) keep(client);
  const firstGone = Promise.race(both.map((client, i) => gone(client).then((reason) => ({ i, reason }))));
  await Promise.all(both.map((client) => client.hello()));
  const { i, reason } = await firstGone;
  expect(reason).toBe("io server disconnect");
  const left = both[1 - i] as RawClient;
  expect(left.socket.connected).toBe(true);
  expect(coordinator.status().live.numConnected).toBe(2); // it and the other

  const offer = await left.offer();
  const opened = [...store.events()].flatMap(({ event }) => (event.kind === "round-opened" ? event.members : []));
  const ticket = Buffer.from(offer.ticket).toString("hex");
  expect(opened.filter(({ clientId }) => clientId === left.clientId)).toEqual([{ clientId: left.clientId, ticket }]);
  expect(await left.send(await left.update(offer))).toMatchObject({ ok: true });
  await expectOneVote(left);
});

it.each<[what: string, speak: (older: RawClient, offer: Offer) => Promise<void>]>([
  ["leave", async ({ socket }) => void socket.emit("leave", {})],
  ["decline", async ({ socket }, { ticket }) => void socket.emit("decline", { ticket })],
  [
    "update",
    async (older, offer) =>
      sendBlindly(older, offer, await older.update(offer, { delta: filled(-2), numExamples: 99 })),
  ],
])("hands the ticket on to the newer connection of a key; a late %s over the older one changes nothing", async (_, speak) => {
  const older = await join();
  const offer = await older.offer();
  deafen(older);
  const newer = await join();
  expect(await newer.offer()).toEqual(offer);
  await speak(older, offer);
  // What comes over one connection may overtake what comes over the other: a few answers later both have arrived.
  for (let turn = 0; turn < 5; turn++)
    expect(await newer.emit("accept", { ticket: offer.ticket })).toMatchObject({ ok: true });
  expect(coordinator.status().live).toMatchObject({ numConnected: 2, round: 0, attempt: 0 });
  expect(accepted()).toEqual([]);
  expect(await newer.send(await newer.update(offer))).toMatchObject({ ok: true });
  await expectOneVote(newer);
});

it("counts an update once that both connections of a key send while it is on its way to the disk, with one receipt", async () => {
  const older = await join();
  const offer = await older.offer();
  const update = await older.update(offer);
  holdWrites();
  sendBlindly(older, offer, update);
  await expect.poll(() => numHeld).toBe(1);
  const olderGone = gone(older);
  const newer = await join(); // it is offered nothing: its key has answered
  expect(await olderGone).toBe("io server disconnect");
  const answers = [newer.send(update), newer.send(update)];

  // Another update under the same ticket: the first has won already, and its word is enough to refuse this one.
  const otherWord = await newer.update(offer, { delta: filled(-1) });
  const refusal = { ok: false, code: "EQUIVOCATION", message: "another update was already received for this ticket" };
  expect(await newer.send(otherWord)).toMatchObject(refusal);
  expect(accepted()).toEqual([]);
  letWrites();
  const [first, second] = await Promise.all(answers);
  expect(first).toMatchObject({ ok: true, receipt: { record: expect.anything() } });
  expect(second).toEqual(first);
  expect(await newer.send(update)).toEqual(first);
  expect(await newer.send(otherWord)).toMatchObject(refusal);
  await expectOneVote(newer);
});

it("takes one of two updates that come under one ticket at the same time, and refuses the other", async () => {
  const client = await join();
  const offer = await client.offer();
  const [update, otherWord] = [await client.update(offer), await client.update(offer, { delta: filled(-1) })];
  // Their frames interleave: the later header replaces the earlier, whose bytes then are not those that it signed.
  const [first, second] = await Promise.all([client.send(otherWord), client.send(update)]);
  expect(first).toMatchObject({ ok: false, code: "DIGEST_MISMATCH" });
  expect(second).toMatchObject({
    ok: false,
    code: "UPLOAD_OUT_OF_ORDER",
    message: expect.stringMatching(/submit its header again/),
  });
  expect(await client.send(update)).toMatchObject({ ok: true });
  expect(await client.send(otherWord)).toMatchObject({ ok: false, code: "EQUIVOCATION" });
  await expectOneVote(client);
});
