import { expect, it } from "vitest";
import { createParamsSource } from "../../../client/core/paramsSource.ts";
import { socketParams } from "../../../client/core/socketParams.ts";
import { type ContentHash, contentHash } from "../../../shared/base/hash.ts";
import { nobleSha256 } from "../../../shared/base/nobleSha256.ts";
import { LIMITS } from "../../../shared/protocol/limits.ts";
import type { ParamsRequest } from "../../../shared/protocol/paramsRequest.ts";
import { drain, virtualClock } from "./virtualClock.ts";

const CHUNK = LIMITS.maxChunkBytes;
/** Five chunks and a bit. */
const FILE = Uint8Array.from({ length: 5 * CHUNK + 7 }, (_, i) => (i * 31) & 0xff);
const hashOf = (bytes: Uint8Array): ContentHash => contentHash(nobleSha256, bytes);
const HASH = hashOf(FILE);
const signal = (): AbortSignal => new AbortController().signal;

function honestAnswer({ offset }: ParamsRequest): object {
  return { ok: true, totalBytes: FILE.length, bytes: FILE.subarray(offset, offset + CHUNK) };
}

function fetcher(ask: (request: ParamsRequest) => unknown) {
  const clock = virtualClock();
  const offsets: number[] = [];
  const fetch = socketParams({
    clock,
    random: () => 0.5,
    async ask(request) {
      offsets.push(request.offset);
      return ask(request);
    },
  });
  return { fetch, offsets, clock };
}

it("puts a file together from its chunks, asking for no more than the window ahead", async () => {
  let unanswered = 0;
  let most = 0;
  const { fetch, offsets } = fetcher(async (request) => {
    most = Math.max(most, ++unanswered);
    await drain();
    unanswered--;
    return honestAnswer(request);
  });
  expect(hashOf(await fetch(HASH, signal()))).toBe(HASH);
  expect(offsets).toEqual([0, 1, 2, 3, 4, 5].map((i) => i * CHUNK));
  expect(most).toBe(LIMITS.maxParamsInFlight);
});

it("goes on from the bytes it has after a lost connection, and begins anew for another file", async () => {
  let answersLeft = 3;
  const { fetch, offsets } = fetcher((request) => {
    if (answersLeft-- <= 0) throw new Error("not connected");
    return honestAnswer(request);
  });
  await expect(fetch(HASH, signal())).rejects.toThrow("not connected");
  offsets.length = 0;
  answersLeft = Number.POSITIVE_INFINITY;
  expect(hashOf(await fetch(HASH, signal()))).toBe(HASH);
  expect(offsets).toEqual([3, 4, 5].map((i) => i * CHUNK));

  answersLeft = 1;
  await expect(fetch(HASH, signal())).rejects.toThrow("not connected");
  offsets.length = 0;
  answersLeft = 1;
  await expect(fetch("sha256-other" as ContentHash, signal())).rejects.toThrow("not connected");
  expect(offsets[0]).toBe(0);
});

it("waits as long as the coordinator asks, with a jitter on top, and gives up after a while without a byte", async () => {
  let refusals = 2;
  const busy = { ok: false, code: "RATE_LIMITED", message: "slow down", retryAfterMs: 700 };
  const { fetch, clock } = fetcher((request) => (refusals-- > 0 ? busy : honestAnswer(request)));
  const fetched = fetch(HASH, signal());
  for (let i = 0; i < 2; i++) {
    await drain();
    clock.advance();
  }
  expect(hashOf(await fetched)).toBe(HASH);
  expect(clock.waits).toEqual([700 + 250, 700 + 500]); // half of the ceilings 500 and 1,000 ms

  refusals = Number.POSITIVE_INFINITY;
  const given = expect(fetch(HASH, signal())).rejects.toMatchObject({ code: "RATE_LIMITED" });
  for (let i = 0; i < 8; i++) {
    await drain();
    clock.advance();
  }
  await given;
});

it("ends a wait at once when the assignment is given up", async () => {
  const controller = new AbortController();
  const { fetch } = fetcher(() => ({ ok: false, code: "RATE_LIMITED", message: "wait", retryAfterMs: 3_600_000 }));
  const fetched = fetch(HASH, controller.signal);
  await drain();
  controller.abort(new Error("the round closed"));
  await expect(fetched).rejects.toThrow("the round closed");
});

it.each([
  ["fewer bytes than were asked for", { ok: true, totalBytes: FILE.length, bytes: new Uint8Array(1) }],
  ["a file beyond the bound", { ok: true, totalBytes: LIMITS.maxParamsBytes + 1, bytes: new Uint8Array(CHUNK) }],
  ["an empty answer", { ok: true, totalBytes: 1, bytes: new Uint8Array(0) }],
  ["no answer at all", undefined],
])("refuses %s", async (_, answer) => {
  const { fetch } = fetcher(() => answer);
  await expect(fetch(HASH, signal())).rejects.toMatchObject({ name: "ProtocolError" });
});

it("refuses a file whose length changes on the way", async () => {
  const { fetch } = fetcher(({ offset }) => ({
    ...honestAnswer({ hash: HASH, offset }),
    totalBytes: 6 * CHUNK + offset,
  }));
  await expect(fetch(HASH, signal())).rejects.toThrow(/params at 131072 expected/);
});

function source(over: "auto" | "http" | "socket", ways: { http: () => Uint8Array; socket: () => Uint8Array }) {
  const asked: string[] = [];
  const way = (name: "http" | "socket") => async () => {
    asked.push(name);
    return ways[name]();
  };
  return { asked, fetch: createParamsSource({ over, http: way("http"), socket: way("socket"), sha256: nobleSha256 }) };
}

const fails = (): never => {
  throw new Error("blocked");
};
const gives = (): Uint8Array => FILE;

it("asks over the socket where HTTP fails, and asks there first from then on", async () => {
  const { asked, fetch } = source("auto", { http: fails, socket: gives });
  expect(await fetch(HASH, signal())).toMatchObject({ hash: HASH });
  await fetch(HASH, signal());
  expect(asked).toEqual(["http", "socket", "socket"]);
});

it("takes bytes that a proxy changed for a failure of HTTP", async () => {
  const { asked, fetch } = source("auto", { http: () => Uint8Array.of(1), socket: gives });
  expect((await fetch(HASH, signal())).hash).toBe(HASH);
  expect(asked).toEqual(["http", "socket"]);
});

it("leaves wrong bytes on every way to the session to refuse, and names the failure of each", async () => {
  const wrong = source("auto", { http: () => Uint8Array.of(1), socket: fails });
  expect((await wrong.fetch(HASH, signal())).hash).not.toBe(HASH);
  const { fetch } = source("auto", { http: fails, socket: fails });
  await expect(fetch(HASH, signal())).rejects.toThrow("over HTTP: blocked; over the socket: blocked");
});

it.each(["http", "socket"] as const)("asks over %s alone when told so", async (over) => {
  const { asked, fetch } = source(over, { http: fails, socket: fails });
  await expect(fetch(HASH, signal())).rejects.toThrow("blocked");
  expect(asked).toEqual([over]);
});
