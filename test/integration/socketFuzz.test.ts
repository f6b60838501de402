import { afterAll, beforeAll, expect, it } from "vitest";
import { createRng, type Rng } from "../../shared/base/rng.ts";
import { connectRawClient, joinRawClient, type RawClient } from "../support/rawClient.ts";
import { startTestCoordinator, type TestCoordinator } from "../support/testCoordinator.ts";

const SEED = 20260711;
const MESSAGES = 2000;

let coordinator: TestCoordinator;
const escaped: unknown[] = [];
const note = (error: unknown): void => void escaped.push(error);

beforeAll(async () => {
  process.on("unhandledRejection", note);
  process.on("uncaughtException", note);
  const limits = { connectBurst: 1000, messageBurst: 1000 };
  coordinator = await startTestCoordinator({ plan: { cohort: { size: 3, quorum: 2 } }, limits });
});

afterAll(async () => {
  await coordinator.close();
  process.off("unhandledRejection", note);
  process.off("uncaughtException", note);
});

/** Values that handlers tend to trip over. */
const JUNK: readonly unknown[] = [
  null,
  true,
  -1,
  2 ** 53,
  1.5,
  "",
  "__proto__",
  "x".repeat(5000),
  [],
  [[[[]]]],
  {},
  JSON.parse('{"__proto__":{"polluted":true}}'),
  { constructor: { prototype: { polluted: true } } },
  new Uint8Array(0),
  new Uint8Array(31),
  new Uint8Array(32),
  new Uint8Array(100_000),
];

function pick<T>(values: readonly T[], rng: Rng): T {
  return values[rng.nextBelow(values.length)] as T;
}

/** One field changed, dropped, added or, if it is bytes, flipped; or something else altogether. */
function mutate(payload: object, rng: Rng): unknown {
  const copy: Record<string, unknown> = { ...payload };
  const keys = Object.keys(copy);
  const key = keys.length > 0 ? pick(keys, rng) : "x";
  const value = copy[key];
  const way = rng.nextBelow(6);
  if (way === 0) delete copy[key];
  else if (way === 1) copy[pick(["extra", "toString", "then", "_placeholder"], rng)] = pick(JUNK, rng);
  else if (way === 2 && value instanceof Uint8Array && value.length > 0) {
    const bytes = Uint8Array.from(value);
    const at = rng.nextBelow(bytes.length);
    bytes[at] = (bytes[at] as number) ^ (1 << rng.nextBelow(8));
    copy[key] = bytes;
  } else if (way === 3) return pick(JUNK, rng);
  else copy[key] = pick(JUNK, rng);
  return copy;
}

/** Resolves when the message is answered, or its connection is closed for it. */
function attack(client: RawClient, event: string, args: readonly unknown[], wantsAck: boolean): Promise<unknown> {
  return new Promise((resolve) => {
    client.socket.once("disconnect", resolve);
    if (!wantsAck) {
      client.socket.emit(event, ...args);
      client.socket.emit("leave", {}, resolve); // answered after it: messages are handled in order
    } else client.socket.emit(event, ...args, resolve);
  });
}

it(`survives ${MESSAGES} mutated messages over sockets, and honest clients then complete a round`, async () => {
  const rng = createRng(SEED);
  const victim = await joinRawClient(coordinator.url, "victim");
  const honest = await joinRawClient(coordinator.url, "honest");
  const [offer, honestOffer] = await Promise.all([victim.offer(), honest.offer()]);
  const { submit, payload } = await victim.update(offer);
  const hello = { protocolVersion: 1, publicKey: new Uint8Array(32), signature: new Uint8Array(64), numExamples: 1 };
  const valid: readonly (readonly [string, object])[] = [
    ["hello", { ...hello, software: "fuzz" }],
    ["accept", { ticket: offer.ticket }],
    ["decline", { ticket: new Uint8Array(16) }],
    ["submit", submit],
    ["chunk", { ticket: offer.ticket, offset: 0, bytes: payload }],
    ["leave", {}],
  ];
  let sent = 0;
  for (let i = 0; sent < MESSAGES; i++) {
    // Half of them are strangers, half have proved a key of their own. Twenty malformed messages end a connection.
    const client = await (i % 2 === 0 ? connectRawClient : joinRawClient)(coordinator.url, `fuzz-${i}`);
    for (; sent < MESSAGES && client.socket.connected; sent++) {
      const [event, message] = pick(valid, rng);
      const name = rng.nextBelow(20) === 0 ? pick(["offer", "commit", "x", "toString", "hello "], rng) : event;
      const args = [mutate(message, rng), ...(rng.nextBelow(10) === 0 ? [pick(JUNK, rng)] : [])];
      await attack(client, name, rng.nextBelow(15) === 0 ? [] : args, rng.nextBelow(5) > 0);
    }
    client.close();
  }
  expect(sent).toBe(MESSAGES);
  expect(escaped, `seed ${SEED}`).toEqual([]);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  expect(coordinator.status().live).toMatchObject({ round: 0, attempt: 0, version: 0 });

  expect(await victim.send({ ...(await victim.update(offer)) })).toMatchObject({ ok: true, receipt: {} });
  expect(await honest.send(await honest.update(honestOffer))).toMatchObject({ ok: true, receipt: {} });
  await honest.next("commit");
  expect(coordinator.status().live.version).toBe(1);
  victim.close();
  honest.close();
});
