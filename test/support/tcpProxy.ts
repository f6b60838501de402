import { connect, createServer, type Socket } from "node:net";

export interface TcpProxy {
  readonly port: number;
  /** Connections that were made through it. */
  readonly numConnections: number;
  close(): Promise<void>;
}

/** Pipes bytes to a port of this machine; `cutAfter` says after how many from the client a connection breaks. */
export async function startTcpProxy(
  targetPort: number,
  cutAfter: (connection: number) => number = () => Number.POSITIVE_INFINITY,
): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let numConnections = 0;
  const server = createServer((client) => {
    let left = cutAfter(numConnections++);
    const target = connect(targetPort, "127.0.0.1");
    const both = [client, target];
    const cut = (): void => {
      for (const socket of both) socket.destroy();
    };
    for (const socket of both) {
      sockets.add(socket);
      socket.on("error", cut);
      socket.on("close", () => {
        sockets.delete(socket);
        cut();
      });
    }
    client.on("data", (bytes: Buffer) => {
      if (bytes.length < left) {
        left -= bytes.length;
        target.write(bytes);
        return;
      }
      // What came before the cut arrives, as on a real line: destroying the target at once would drop it.
      target.end(bytes.subarray(0, left));
      client.destroy();
    });
    target.pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as { port: number }).port,
    get numConnections() {
      return numConnections;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
