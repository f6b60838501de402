import { expect, it } from "vitest";
import { createParamsAnswers } from "../../../server/rounds/paramsAnswers.ts";
import type { Connection } from "../../../server/transport/connection.ts";
import { LIMITS } from "../../../shared/protocol/limits.ts";
import { createVirtualClock } from "../../support/virtualClock.ts";

const CHUNK = LIMITS.maxChunkBytes;
const HASH = `sha256-${"1".repeat(64)}` as const;
const FILE = new Uint8Array(3 * CHUNK + 5);

function answers(file: Uint8Array | undefined = FILE) {
  const clock = createVirtualClock();
  const connection: Connection = {
    ...{ id: "c", address: "1.2.3.4", send() {}, hearBroadcasts() {}, disconnect() {} },
    hasRoomFor: (numBytes) => numBytes <= room,
  };
  let room = Number.POSITIVE_INFINITY;
  let servedBytes = 0;
  const answer = createParamsAnswers({
    ...{ clock, connection },
    read: async (hash) => (hash === HASH ? file : undefined),
    served: (numBytes) => {
      servedBytes += numBytes;
    },
  });
  return {
    ...{ clock, answer },
    setRoom: (numBytes: number) => {
      room = numBytes;
    },
    served: () => servedBytes,
  };
}

it("answers views of the one copy in memory: whole chunks, and what is left at the end", async () => {
  const { answer, served } = answers();
  const ack = await answer({ hash: HASH, offset: 3 * CHUNK });
  expect(ack).toEqual({ ok: true, totalBytes: FILE.length, bytes: new Uint8Array(5) });
  expect(ack.ok && ack.bytes.buffer).toBe(FILE.buffer);
  expect(await answer({ hash: HASH, offset: 7 })).toMatchObject({ bytes: { length: CHUNK } });
  expect(served()).toBe(CHUNK + 5);
});

it("refuses what is not published, and offsets beyond the file", async () => {
  const { answer } = answers();
  await expect(answer({ hash: `sha256-${"2".repeat(64)}`, offset: 0 })).rejects.toMatchObject({
    code: "UNKNOWN_PARAMS",
  });
  await expect(answer({ hash: HASH, offset: FILE.length })).rejects.toMatchObject({ code: "MALFORMED" });
});

it("asks a client that does not read to wait, and counts the requests whose file is still being read", async () => {
  const { answer, setRoom } = answers();
  setRoom(2 * CHUNK);
  const first = [answer({ hash: HASH, offset: 0 }), answer({ hash: HASH, offset: CHUNK })];
  const refusal = { code: "RATE_LIMITED", retryAfterMs: expect.any(Number) };
  await expect(answer({ hash: HASH, offset: 2 * CHUNK })).rejects.toMatchObject(refusal);
  await Promise.all(first);
  expect(await answer({ hash: HASH, offset: 2 * CHUNK })).toMatchObject({ ok: true });
});

it("gives one connection the largest file twice, then so many bytes a second", async () => {
  const { answer, clock } = answers();
  for (let left = (2 * LIMITS.maxParamsBytes) / CHUNK; left > 0; left--) await answer({ hash: HASH, offset: 0 });
  // 128 KiB at 8 MiB/s
  await expect(answer({ hash: HASH, offset: 0 })).rejects.toMatchObject({ code: "RATE_LIMITED", retryAfterMs: 16 });
  clock.advance(16);
  expect(await answer({ hash: HASH, offset: 0 })).toMatchObject({ ok: true });
});
