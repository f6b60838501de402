import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { inPieces } from "../../../server/http/inPieces.ts";
import { HTTP_LIMITS } from "../../../server/http/webServer.ts";

const { pieceBytes, answerTimeoutMs } = HTTP_LIMITS;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function start(...parts: readonly Uint8Array[]) {
  const destroy = vi.fn();
  const reader = inPieces(parts, { destroy }).getReader();
  return { reader, destroy };
}

async function readAll({ reader }: ReturnType<typeof start>): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  for (let read = await reader.read(); !read.done; read = await reader.read()) pieces.push(read.value);
  return pieces;
}

it("hands out views of the bytes, in their order, none longer than a piece", async () => {
  const [long, short] = [new Uint8Array(2 * pieceBytes + 1), Uint8Array.of(7)];
  const pieces = await readAll(start(long, new Uint8Array(0), short));
  expect(pieces.map(({ byteOffset, length }) => [byteOffset, length])).toEqual([
    [0, pieceBytes],
    [pieceBytes, pieceBytes],
    [2 * pieceBytes, 1],
    [0, 1],
  ]);
  expect(pieces.map(({ buffer }) => buffer)).toEqual([long.buffer, long.buffer, long.buffer, short.buffer]);
});

it("takes no more of the bytes than was asked for", async () => {
  const long = new Uint8Array(3 * pieceBytes);
  const cut = vi.spyOn(long, "subarray");
  const { reader } = start(long);
  await reader.read();
  expect(cut).toHaveBeenCalledOnce();
});

it("cuts off a peer that has not taken all in time, and none that has or that left", async () => {
  const started = start(new Uint8Array(2 * pieceBytes));
  const left = start(new Uint8Array(2 * pieceBytes));
  const all = start(new Uint8Array(2 * pieceBytes));
  await Promise.all([started.reader.read(), left.reader.cancel(), readAll(all)]);
  vi.advanceTimersByTime(answerTimeoutMs - 1);
  expect(started.destroy).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(started.destroy).toHaveBeenCalledOnce();
  expect(left.destroy).not.toHaveBeenCalled();
  expect(all.destroy).not.toHaveBeenCalled();
});
