import { IncomingMessage, type ServerOptions, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/**
 * What a server needs to end a connection that asks on while so many of its answers are unfinished. Node itself takes in
 * all requests of what it has read, thousands in 64 KiB, before it looks whether the peer takes any answer. These are classes
 * because Node makes one of each for every request, also for those that it refuses by itself.
 */
export function boundPipelining(
  maxUnfinished: number,
  onExcess: () => void,
): Required<Pick<ServerOptions, "IncomingMessage" | "ServerResponse">> {
  const unfinished = new WeakMap<Socket, number>();
  const numUnfinished = (socket: Socket): number => unfinished.get(socket) ?? 0;

  class CountedResponse extends ServerResponse {
    constructor(...args: ConstructorParameters<typeof ServerResponse>) {
      super(...args);
      const { socket } = args[0];
      unfinished.set(socket, numUnfinished(socket) + 1);
      this.once("finish", () => unfinished.set(socket, numUnfinished(socket) - 1)); // else the connection ends with it
    }
  }

  class BoundedRequest extends IncomingMessage {
    constructor(socket: Socket) {
      super(socket);
      if (numUnfinished(socket) < maxUnfinished) return;
      onExcess();
      socket.destroy();
      // Node's parser goes through all it was given, also for a socket that is gone; it stops at an upgrade.
      Object.defineProperty(this, "upgrade", { get: () => true, set() {} });
    }
  }

  return { IncomingMessage: BoundedRequest, ServerResponse: CountedResponse as typeof ServerResponse };
}
