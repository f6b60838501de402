import type { ServerResponse } from "node:http";
import { HTTP_LIMITS } from "./webServer.ts";

/**
 * Bytes in pieces, each handed out when the peer has taken the one before: of what TLS is given it holds a copy of its own,
 * encrypted for the one connection. Whoever does not take a piece in time is cut off, for it may hold params long replaced.
 */
export function inPieces(
  parts: readonly Uint8Array[],
  response: Pick<ServerResponse, "destroy" | "once">,
): ReadableStream<Uint8Array> {
  const pieces = piecesOf(parts);
  const timer = setTimeout(() => response.destroy(), HTTP_LIMITS.pieceTimeoutMs).unref();
  const stop = (): void => clearTimeout(timer);
  response.once("close", stop); // not with the last piece: a short one counts as taken while it waits in the socket
  return new ReadableStream(
    {
      pull(controller) {
        const { value, done } = pieces.next();
        if (done) return controller.close();
        timer.refresh();
        controller.enqueue(value);
      },
      cancel: stop,
    },
    { highWaterMark: 0 },
  );
}

function* piecesOf(parts: readonly Uint8Array[]): Generator<Uint8Array, void> {
  const { pieceBytes } = HTTP_LIMITS;
  for (const part of parts) {
    for (let at = 0; at < part.length; at += pieceBytes) yield part.subarray(at, at + pieceBytes);
  }
}
