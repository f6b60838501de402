import type { RequestListener } from "node:http";
import type { Socket } from "node:net";

/**
 * Answers the requests of a connection one after the other. An answer begun before its turn would hold what it sends for ever:
 * Node tells the end of a connection only to the answer whose turn it is.
 */
export function inTurn(answer: RequestListener): RequestListener {
  return (request, response) => {
    if (response.socket !== null) {
      answer(request, response);
      return;
    }
    response.once("socket", (socket: Socket) => {
      // Later, for Node is not done with the answer before; and it goes on to the next on a connection that is gone, too.
      process.nextTick(() => {
        if (!socket.destroyed) answer(request, response);
      });
    });
  };
}
