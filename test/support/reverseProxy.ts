import { createServer, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { connect, type Socket } from "node:net";

export interface ReverseProxyOptions {
  readonly targetPort: number;
  /** Everything below this path goes to the target; the rest is not found. */
  readonly path: string;
  /** Whether the path is taken off on the way. */
  readonly strips: boolean;
  /** The host that the outside world knows. */
  readonly host: string;
}

/** A reverse proxy as nginx or Caddy are one: it writes X-Forwarded-*, passes bodies through and pipes upgrades. */
export async function startReverseProxy({ targetPort, path, strips, host }: ReverseProxyOptions) {
  const sockets = new Set<Socket>();
  const paths: string[] = [];

  const forward = ({ url = "/", socket, headers }: IncomingMessage) => {
    paths.push(url);
    if (url !== path && !url.startsWith(`${path}/`)) return undefined;
    const before = headers["x-forwarded-for"];
    const forwarded: IncomingHttpHeaders = {
      ...headers,
      host: `127.0.0.1:${targetPort}`,
      "x-forwarded-for": [...(before ? [before] : []), socket.remoteAddress].join(", "),
      "x-forwarded-host": host,
      "x-forwarded-proto": "https",
    };
    return { path: strips ? url.slice(path.length) || "/" : url, headers: forwarded };
  };

  const server = createServer((incoming, outgoing) => {
    const to = forward(incoming);
    if (to === undefined) {
      outgoing.writeHead(404).end();
      return;
    }
    const { method = "GET" } = incoming;
    const onward = request({ host: "127.0.0.1", port: targetPort, method, ...to }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    incoming.pipe(onward);
  });
  server.on("upgrade", (incoming: IncomingMessage, client: Socket, head: Buffer) => {
    const to = forward(incoming);
    if (to === undefined) {
      client.end("HTTP/1.1 404 Not Found\r\n\r\n");
      return;
    }
    const target = connect(targetPort, "127.0.0.1", () => {
      const lines = Object.entries(to.headers).map(([name, value]) => `${name}: ${value}`);
      target.write(`GET ${to.path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
      target.write(head);
      target.pipe(client).pipe(target);
    });
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        client.destroy();
        target.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}${path}`,
    port,
    /** What was asked of the proxy. */
    paths,
    close(): Promise<void> {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
