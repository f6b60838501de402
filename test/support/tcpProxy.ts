import { connect, createServer, type Socket } from "node:net";

/** How a connection fares; one without members is sound. */
export interface Line {
  /** Bytes from the client until it fails; it never does when absent. */
  readonly passes?: number;
  /**
   * "cut", when absent, closes both ends and "reset" resets them; "silence" is a black hole: both ends stay open, nothing
   * comes through either way, and neither hears that the other closed.
   */
  readonly fails?: "cut" | "reset" | "silence";
  /** How much later everything arrives, either way. */
  readonly delayMs?: number;
}

export interface TcpProxy {
  readonly port: number;
  /** Connections that were made through it. */
  readonly numConnections: number;
  close(): Promise<void>;
}

/** Pipes bytes to a port of this machine, over a line for each connection, counted from 0. */
export async function startTcpProxy(targetPort: number, lineOf: (connection: number) => Line): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let numConnections = 0;
  const server = createServer((client) => {
    const { passes = Number.POSITIVE_INFINITY, fails = "cut", delayMs = 0 } = lineOf(numConnections++);
    const target = connect(targetPort, "127.0.0.1");
    const both = [client, target];
    let left = passes;
    let isSilent = false;
    const later = (act: () => void): void => {
      if (delayMs === 0) act();
      else setTimeout(act, delayMs); // timers of one length fire in the order they were set
    };
    const cut = (): void => {
      if (!isSilent) for (const socket of both) socket.destroy();
    };
    for (const socket of both) {
      sockets.add(socket);
      socket.on("error", cut);
      socket.on("close", () => {
        sockets.delete(socket);
        later(cut);
      });
    }
    const fail = (last: Buffer): void => {
      isSilent = fails === "silence";
      if (fails === "reset") for (const socket of both) socket.resetAndDestroy();
      else if (isSilent) target.write(last);
      else {
        target.end(last); // what came before the cut arrives, as on a real line: destroying at once would drop it
        client.destroy();
      }
    };
    client.on("data", (bytes: Buffer) => {
      if (isSilent) return;
      const passing = bytes.subarray(0, left);
      left -= passing.length;
      const isLast = left === 0;
      later(() => (isLast ? fail(passing) : target.write(passing)));
    });
    target.on("data", (bytes: Buffer) => {
      if (!isSilent) later(() => client.write(bytes));
    });
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
