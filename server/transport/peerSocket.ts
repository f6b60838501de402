import type { Socket } from "socket.io";

/** What was sent to a peer and has not left this process: in the WebSocket's buffers and in the queue before them. */
export interface Unread {
  readonly bytes: number;
  readonly packets: number;
}

/** Members that Socket.IO does not show; they have been the same since Engine.IO 4, and tests hold them. */
interface Inner {
  readonly transport: { readonly socket?: { readonly bufferedAmount: number; terminate(): void } };
  readonly writeBuffer: readonly { readonly data?: string | Uint8Array }[];
}

const innerOf = ({ conn }: Socket): Inner => conn as unknown as Inner;

export function unreadOf(socket: Socket): Unread {
  const { transport, writeBuffer } = innerOf(socket);
  let bytes = transport.socket?.bufferedAmount ?? 0;
  for (const { data } of writeBuffer) bytes += data?.length ?? 0;
  return { bytes, packets: writeBuffer.length };
}

/**
 * Ends a connection whose peer does not read, and frees what waits for it. A close in good order would wait for that to
 * be read first.
 */
export function cutOff(socket: Socket): void {
  socket.disconnect(true);
  innerOf(socket).transport.socket?.terminate();
}
