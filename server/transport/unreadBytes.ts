import type { Socket } from "socket.io";

/** What was sent to a peer and has not left this process: in the WebSocket's buffers and in the queue before them. */
export interface Unread {
  readonly bytes: number;
  readonly packets: number;
}

interface Queued {
  readonly data?: string | Uint8Array;
}

/** Public members do not tell; these have been the same since Engine.IO 4, and a test holds them. */
export function unreadOf({ conn }: Socket): Unread {
  const webSocket = (conn.transport as { socket?: { bufferedAmount?: number } }).socket;
  const { writeBuffer } = conn as unknown as { writeBuffer: readonly Queued[] };
  let bytes = webSocket?.bufferedAmount ?? 0;
  for (const { data } of writeBuffer) bytes += data?.length ?? 0;
  return { bytes, packets: writeBuffer.length };
}
