import { expect, it } from "vitest";
import type { Assignment } from "../../../server/rounds/assignments.ts";
import { createUploadMemory, createUploads, type Upload } from "../../../server/rounds/uploads.ts";
import type { VerifiedHeader } from "../../../shared/protocol/checkUpdate.ts";
import type { Submit } from "../../../shared/protocol/submit.ts";
import { createVirtualClock } from "../../support/virtualClock.ts";

function scene(memory = createUploadMemory(100)) {
  const clock = createVirtualClock();
  const uploads = createUploads({ clock, idleMs: 15_000, lifeMs: 60_000, memory });
  const begin = (ticket: string, payloadBytes: number, headerHash = `header of ${ticket}`): number =>
    uploads.begin(
      { ticket } as Assignment,
      {} as Submit,
      { headerHash, header: { payloadBytes } } as unknown as VerifiedHeader,
    );
  return { clock, uploads, begin };
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
  expect(() => begin("b", 11)).toThrow("too many uploads at once");
  uploads.clear();
  begin("b", 100);
  uploads.write("b", 0, new Uint8Array(7));
  clock.advance(20_000);
  expect(uploads.has("b")).toBe(false);
  expect(begin("c", 100)).toBe(0);
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
