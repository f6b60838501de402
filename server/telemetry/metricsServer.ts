import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { isHostAllowed } from "../transport/originPolicy.ts";

export interface MetricsServerOptions {
  /** An address of its own: 127.0.0.1 unless the operator says otherwise. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly contentType: string;
  readonly text: () => Promise<string>;
}

export interface MetricsServer {
  /** Where a scraper reads. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * GET /metrics on a port of its own: whoever may reach the coordinator's port, phones and strangers included, cannot
 * reach it, and a reverse proxy in front of the coordinator does not pass it on by accident.
 * @throws Error if the port cannot be had.
 */
export async function startMetricsServer({
  host,
  port,
  contentType,
  text,
}: MetricsServerOptions): Promise<MetricsServer> {
  const server = createServer(async (request, response) => {
    const answer = (status: number, type: string, body: string): void => {
      response.writeHead(status, { "content-type": type, "cache-control": "no-store" });
      response.end(request.method === "HEAD" ? undefined : body);
    };
    if (!isHostAllowed(request, { listensOn: host, allowedOrigins: [], trustProxy: false })) {
      return answer(421, "text/plain", "this host name is not the coordinator's\n");
    }
    if (request.method !== "GET" && request.method !== "HEAD") return answer(405, "text/plain", "GET only\n");
    if (request.url?.split("?")[0] !== "/metrics") return answer(404, "text/plain", "metrics are at /metrics\n");
    try {
      answer(200, contentType, await text());
    } catch (error) {
      answer(500, "text/plain", `metrics cannot be read: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  });
  server.headersTimeout = 5000;
  server.requestTimeout = 5000;
  server.maxConnections = 32;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${address.port}/metrics`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
