import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { inPieces } from "../../../server/http/inPieces.ts";
import { HTTP_LIMITS } from "../../../server/http/webServer.ts";

const { pieceBytes, pieceTimeoutMs } = HTTP_LIMITS;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function start(...parts: readonly Uint8Array[]) {
  const response = Object.assign(new ServerResponse(new IncomingMessage(new Socket())), { destroy: vi.fn() });
  return { reader: inPieces(parts, response).getReader(), response };
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

it("gives a slow peer time for each piece, however long all of them take together", async () => {
  const { reader, response } = start(new Uint8Array(100 * pieceBytes));
  for (let i = 0; i < 100; i++) {
    vi.advanceTimersByTime(pieceTimeoutMs - 1);
    expect((await reader.read()).done).toBe(false);
  }
  expect(response.destroy).not.toHaveBeenCalled();
  vi.advanceTimersByTime(pieceTimeoutMs);
  expect(response.destroy).toHaveBeenCalledOnce();
});

it("cuts off a peer that leaves the end of an answer in the socket, and none whose answer is over", async () => {
  const [last, left, over] = [start(new Uint8Array(1)), start(new Uint8Array(1)), start(new Uint8Array(1))];
  await Promise.all([readAll(last), left.reader.cancel(), readAll(over)]);
  over.response.emit("close");
  vi.advanceTimersByTime(pieceTimeoutMs);
  expect(last.response.destroy).toHaveBeenCalledOnce();
  expect(left.response.destroy).not.toHaveBeenCalled();
  expect(over.response.destroy).not.toHaveBeenCalled();
});
