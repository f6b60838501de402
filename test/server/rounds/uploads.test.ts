import { expect, it } from "vitest";
import type { Assignment } from "../../../server/rounds/assignments.ts";
import { createUploadMemory } from "../../../server/rounds/uploadMemory.ts";
import { createUploads, type Upload } from "../../../server/rounds/uploads.ts";
import type { VerifiedHeader } from "../../../shared/protocol/checkUpdate.ts";
import type { Submit } from "../../../shared/protocol/submit.ts";
import { createVirtualClock } from "../../support/virtualClock.ts";

function scene(memory = createUploadMemory(100), clock = createVirtualClock(), pace = {}) {
  const assignments = new Map<string, Assignment>();
  const assignmentOf = (ticket: string): Assignment => {
    const assignment = assignments.get(ticket) ?? ({ ticket } as Assignment);
    assignments.set(ticket, assignment);
    return assignment;
  };
  const uploads = createUploads({ clock, idleMs: 15_000, lifeMs: 60_000, chunkBytes: 1, memory, ...pace });
  const begin = (ticket: string, payloadBytes: number, headerHash = `header of ${ticket}`): number =>
    uploads.begin(
      assignmentOf(ticket),
      {} as Submit,
      { headerHash, header: { payloadBytes } } as unknown as VerifiedHeader,
    );
  /** The next bytes, from where the upload is, in whatever way it came there; whether it is whole with them. */
  const send = (ticket: string, payloadBytes: number, numBytes: number): boolean => {
    const { upload, payload } = uploads.write(ticket, begin(ticket, payloadBytes), new Uint8Array(numBytes));
    if (payload !== undefined) uploads.settle(upload);
    return payload !== undefined;
  };
  return { clock, uploads, begin, send };
}

it("counts a complete payload until it is settled, once", () => {
  const { uploads, begin } = scene();
  begin("a", 60);
  const { upload, payload } = uploads.write("a", 0, new Uint8Array(60));
  expect(payload).toHaveLength(60);
  const tooMuch = expect.objectContaining({ code: "RATE_LIMITED", retryAfterMs: expect.any(Number) });
  expect(() => begin("b", 41)).toThrow(tooMuch);
  uploads.clear(); // the attempt ends while the payload is still being stored
  expect(() => begin("b", 41)).toThrow(tooMuch);
  uploads.settle(upload);
  uploads.settle(upload);
  expect(begin("b", 100)).toBe(0);
  expect(() => begin("c", 1)).toThrow(tooMuch);
});

it("gives the memory of what was replaced, forgotten or left idle back", () => {
  const { clock, uploads, begin } = scene();
  begin("a", 100);
  expect(begin("a", 90, "another header")).toBe(0);
  uploads.write("a", 0, new Uint8Array(7));
  expect(() => begin("b", 11)).toThrow("too many uploads at once");
  uploads.clear();
  begin("b", 100);
  uploads.write("b", 0, new Uint8Array(7));
  clock.advance(20_000);
  expect(uploads.has("b")).toBe(false);
  expect(begin("c", 100)).toBe(0);
});

it("has all but the last byte of a complete upload that is to come again, for as long as of any other", () => {
  const { clock, uploads, begin } = scene();
  begin("a", 60);
  const whole = Uint8Array.from({ length: 60 }, (_, i) => i);
  clock.advance(1000);
  const { upload } = uploads.write("a", 0, whole);
  uploads.reopen(upload, 14_999);
  uploads.settle(upload);
  expect(() => begin("b", 41)).toThrow("too many uploads at once");
  expect(begin("a", 60)).toBe(59);
  const again = uploads.write("a", 59, whole.subarray(59));
  expect(again.payload).toEqual(whole);
  uploads.reopen(again.upload, 250);
  clock.advance(14_999);
  expect(begin("a", 60)).toBe(59);
  clock.advance(5000);
  expect(uploads.has("a")).toBe(false);
  expect(begin("b", 100)).toBe(0);
});

it.each([
  ["whose attempt is over", true, 250],
  ["that is to come again after any would be forgotten", false, 15_000],
])("opens no upload again %s", (_, isOver, inMs) => {
  const { clock, uploads, begin } = scene();
  begin("a", 60);
  const { upload } = uploads.write("a", 0, new Uint8Array(60));
  clock.advance(5000); // the sweep finds none
  if (isOver) uploads.clear();
  uploads.reopen(upload, inMs);
  expect([uploads.has("a"), clock.numScheduled]).toEqual([false, 0]);
  expect(begin("b", 100)).toBe(0);
});

it("goes on for the same header from the bytes it has, at whatever alignment they came", () => {
  const { uploads, begin } = scene();
  const whole = Uint8Array.from({ length: 40 }, (_, i) => i);
  let written: { readonly upload: Upload; readonly payload?: Uint8Array } | undefined;
  for (let offset = begin("a", 40); offset < 40; offset = written.upload.received) {
    expect(begin("a", 40)).toBe(offset);
    const shifted = new Uint8Array(64);
    shifted.set(whole.subarray(offset, offset + 7), 1);
    written = uploads.write("a", offset, shifted.subarray(1, 1 + Math.min(7, 40 - offset)));
  }
  expect(written?.payload).toEqual(whole);
  expect((written?.payload?.byteOffset ?? 1) % 4).toBe(0);
});

it("forgets an upload that goes on for longer than its offer was good for", () => {
  const { clock, uploads, begin } = scene();
  begin("drip", 100);
  for (let offset = 0; uploads.has("drip"); offset++) {
    expect(offset).toBeLessThan(8);
    uploads.write("drip", offset, new Uint8Array(1));
    clock.advance(10_000);
  }
  expect(begin("other", 100)).toBe(0);
});

it("counts the uploads of all runs of a process together", () => {
  const memory = createUploadMemory(100);
  const [one, other] = [scene(memory), scene(memory)];
  one.begin("a", 60);
  expect(() => other.begin("b", 41)).toThrow("too many uploads at once");
  one.uploads.clear();
  expect(other.begin("b", 100)).toBe(0);
});

it("takes no repeated header for progress", () => {
  const { clock, uploads, begin } = scene();
  begin("a", 100);
  uploads.write("a", 0, new Uint8Array(7));
  for (let again = 0; again < 3; again++) {
    expect(begin("a", 100)).toBe(7);
    clock.advance(5000);
  }
  expect(uploads.has("a")).toBe(false);
});

it.each([
  "the same header",
  "another header each time",
])("lets honest members in where eight others hold all memory and send nothing but %s", (how) => {
  const { clock, uploads, begin, send } = scene(createUploadMemory(800));
  const holders = Array.from({ length: 8 }, (_, i) => `holder ${i}`);
  const waiting = new Set(Array.from({ length: 12 }, (_, i) => `member ${i}`));
  const attempt = (act: () => void): void => {
    try {
      act();
    } catch (error) {
      expect(error).toMatchObject({ code: "RATE_LIMITED" });
    }
  };
  for (let second = 0; waiting.size > 0; second++) {
    expect(second).toBeLessThan(40); // of the 60 that an offer is good for: two turns of 10 s, and 5 s until the first begins
    // Holders ask far more often than those whom they keep waiting.
    for (const holder of holders) {
      const header = how === "the same header" ? holder : `${holder} ${second}`;
      attempt(() => begin(holder, 100, header));
    }
    for (const member of waiting) attempt(() => send(member, 100, 10) && waiting.delete(member));
    for (const holder of holders) attempt(() => begin(holder, 100));
    clock.advance(1000);
  }
  expect(holders.filter(uploads.has)).not.toHaveLength(0);
});

it("takes no room from uploads that come fast enough to be whole in time, and takes it from slower ones", () => {
  const { clock, uploads, begin, send } = scene();
  // 50 bytes in 60 s are 0.83 a second; both have a turn of 5 s.
  for (let second = 0; second < 15; second++) {
    send("fast", 50, 1);
    if (second % 2 === 0) send("slow", 50, 1); // 8 bytes buy 9.6 s
    expect(() => begin("other", 50)).toThrow("too many uploads at once");
    clock.advance(1000);
  }
  expect(begin("other", 50)).toBe(0);
  expect([uploads.has("fast"), uploads.has("slow")]).toEqual([true, false]);
  expect(() => uploads.write("slow", 8, new Uint8Array(1))).toThrow("submit its header again");
});

it("lets an upload that was ahead be silent for as long as it has saved, and any may be", () => {
  const { clock, begin, send } = scene();
  send("burst", 50, 40);
  begin("silent", 50);
  clock.advance(14_999);
  expect(begin("other", 50)).toBe(0);
  expect(send("burst", 50, 10)).toBe(true);
});

it("lets 200 members at 18 KB/s send 4 MiB each within 600 s where there is memory for 128", () => {
  // In chunks of 128 KiB, one every 7 s: 1 of 32.
  const { clock, begin, send } = scene(createUploadMemory(128 * 32), undefined, { lifeMs: 600_000 });
  const nextMs = new Map(Array.from({ length: 200 }, (_, i) => [`member ${i}`, 0]));
  const offsets = new Map<string, number>();
  const begunAgain: string[] = [];
  for (; nextMs.size > 0 && clock.nowMs() < 600_000; clock.advance(1000)) {
    const nowMs = clock.nowMs();
    for (const [member, atMs] of nextMs) {
      if (nowMs < atMs) continue;
      const offset = offsets.get(member);
      try {
        if (begin(member, 32) !== (offset ?? 0)) begunAgain.push(member);
      } catch (error) {
        if (offset !== undefined) throw error;
        nextMs.set(member, nowMs + 2000);
        continue;
      }
      if (offset !== undefined && send(member, 32, 1)) nextMs.delete(member);
      else nextMs.set(member, nowMs + 7000);
      offsets.set(member, offset === undefined ? 0 : offset + 1);
    }
  }
  expect([nextMs.size, begunAgain]).toEqual([0, []]);
});

/** Two who were silent for their turns of 6 s, in memory for one, in which chunks of 10 bytes of 100 come. */
function sceneOfTwoBehind() {
  const world = scene(undefined, undefined, { chunkBytes: 10 });
  const { clock, begin, send } = world;
  for (const member of ["one", "other"]) {
    begin(member, 100);
    clock.advance(6000);
  }
  expect(send("newcomer", 100, 100)).toBe(true);
  /** A chunk each 5 s, while somebody does something each second; the last offset. */
  const sendAll = (member: string, eachSecond: () => void): boolean => {
    for (let second = 1; second < 50; second++) {
      clock.advance(1000);
      eachSecond();
      if (second % 5 === 0) expect(send(member, 100, 10)).toBe(false);
    }
    return send(member, 100, 10);
  };
  return { ...world, sendAll };
}

it("leaves uploads that begin again time for a chunk, before others that do", () => {
  const { uploads, begin, sendAll } = sceneOfTwoBehind();
  begin("one", 100);
  const isWhole = sendAll("one", () => {
    expect(() => begin("other", 100)).toThrow("too many uploads at once");
    expect(uploads.has("one")).toBe(true);
  });
  expect(isWhole).toBe(true);
  expect(sendAll("other", () => begin("other", 100))).toBe(true);
});

it.each([
  ["the same header", (): string => "header"],
  ["another header each time", (nowMs: number): string => `header ${nowMs}`],
])("leaves no time to who begins again with nothing but %s", (_, header) => {
  const { clock, uploads, begin, sendAll } = sceneOfTwoBehind();
  for (let second = 0; second < 6; second++) {
    begin("other", 100, header(clock.nowMs()));
    expect(() => begin("one", 100)).toThrow("too many uploads at once");
    clock.advance(1000);
  }
  expect(begin("one", 100)).toBe(0);
  const isWhole = sendAll("one", () => {
    expect(() => begin("other", 100, header(clock.nowMs()))).toThrow("too many uploads at once");
    expect(uploads.has("one")).toBe(true);
  });
  expect(isWhole).toBe(true);
});

it("takes room at once from who begins again, for one that had no turn yet", () => {
  const { uploads, begin } = sceneOfTwoBehind();
  begin("one", 100);
  expect(begin("a second newcomer", 100)).toBe(0);
  expect(uploads.has("one")).toBe(false);
});

it("takes no room in vain", () => {
  const { clock, uploads, begin, send } = scene();
  begin("silent", 30);
  send("busy", 70, 10);
  clock.advance(4999);
  send("busy", 70, 10);
  clock.advance(1);
  expect(() => begin("other", 31)).toThrow("too many uploads at once");
  expect(uploads.has("silent")).toBe(true);
  expect(begin("other", 30)).toBe(0);
  expect([uploads.has("silent"), uploads.has("busy")]).toEqual([false, true]);
});

it("takes room of a silent upload of another run of the process", () => {
  const memory = createUploadMemory(100);
  const clock = createVirtualClock();
  const [one, other] = [scene(memory, clock), scene(memory, clock)];
  one.begin("a", 60);
  clock.advance(5000);
  expect(other.begin("b", 100)).toBe(0);
  expect(one.uploads.has("a")).toBe(false);
});
