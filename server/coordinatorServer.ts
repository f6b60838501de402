import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { Model } from "../shared/models/model.ts";
import type { RoundSummary, RunStatus } from "../shared/protocol/runStatus.ts";
import { createHttpApp } from "./http/createHttpApp.ts";
import { operatorGate } from "./http/operatorGate.ts";
import { builtPagesDirectory, readPages } from "./http/pages.ts";
import type { CoordinatorPorts, CoordinatorTiming, Run } from "./rounds/run.ts";
import type { RunSettings, SampleData } from "./runs/hostedRun.ts";
import { createRunHost } from "./runs/runHost.ts";
import type { RunShelf } from "./runs/runShelf.ts";
import type { Broadcaster } from "./transport/connection.ts";
import { isHostAllowed } from "./transport/originPolicy.ts";
import { createSocketTransport, type ServedRun, type SocketTransport } from "./transport/socketTransport.ts";
import type { TransportLimits } from "./transport/transportLimits.ts";
import type { TrustProxy } from "./transport/trustedProxy.ts";

export interface CoordinatorServerOptions {
  readonly run: Run;
  readonly model: Model;
  readonly ports: Omit<CoordinatorPorts, "broadcaster">;
  readonly timing?: Partial<CoordinatorTiming>;
  readonly limits?: Partial<TransportLimits>;
  readonly mayOpen?: () => Promise<string | undefined>;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly allowedOrigins: readonly string[];
  readonly trustProxy: TrustProxy;
  readonly publicUrl?: string;
  readonly settings?: RunSettings;
  /** Where further runs are kept; without one there is the one run. */
  readonly shelf?: RunShelf;
  /** What an operator must show; without one nobody is an operator. */
  readonly operatorToken?: string;
  readonly sample?: SampleData;
  readonly onRound?: (summary: RoundSummary) => void;
  readonly onPhase?: (status: RunStatus) => void;
}

export interface CoordinatorServer {
  readonly port: number;
  status(): RunStatus;
  rounds(): readonly RoundSummary[];
  paused(): string | undefined;
  /** Stops taking messages, waits for what must be durable, closes every connection. */
  close(): Promise<void>;
}

/** A connection on which nothing moves is closed within twice this; event streams beat twice as often, sockets ping. */
const STALLED_MS = 30_000;

/** How often the limits on headers and requests are enforced; Node's own 30 s would let half a request hold on for 40. */
const TIMEOUT_CHECK_MS = 1000;

/** One HTTP server with everything on it: the API, the pages and the sockets of the clients, for each of its runs. */
export async function startCoordinatorServer(options: CoordinatorServerOptions): Promise<CoordinatorServer> {
  const { allowedOrigins, trustProxy, publicUrl } = options;
  const { clock, logger } = options.ports;
  let transport: SocketTransport | undefined;
  const broadcasterOf = (runId: string): Broadcaster => ({
    broadcast: (event, payload) => transport?.broadcasterOf(runId).broadcast(event, payload),
  });
  const { settings = { minRoundMs: options.timing?.minRoundMs ?? 0 }, shelf } = options;
  const host = await createRunHost({ first: { ...options, settings }, shelf, broadcasterOf });
  const { runs, operator } = host;
  const first = runs.default;
  const gate = operatorGate({ token: options.operatorToken, trustProxy, publicUrl, clock });

  const app = createHttpApp({
    runs,
    operator,
    gate,
    pages: readPages(builtPagesDirectory()),
    allowedOrigins,
    trustProxy,
    logger,
  });
  const answer = getRequestListener(app.fetch);
  const admission = { allowedOrigins, trustProxy, publicUrl, listensOn: options.host };
  const httpServer = createServer({ connectionsCheckingInterval: TIMEOUT_CHECK_MS }, (request, response) => {
    if (isHostAllowed(request, admission)) void answer(request, response);
    else refuseHost(request, response);
  });
  httpServer.headersTimeout = 8000;
  httpServer.requestTimeout = 15_000;
  httpServer.timeout = STALLED_MS;
  httpServer.maxConnections = 12_000;
  const runFor = (nameOrId: string | undefined): ServedRun | undefined => {
    const hosted = runs.find(nameOrId);
    return hosted && { id: hosted.run.plan.runId, accept: hosted.accept };
  };
  const limits = options.limits ? { limits: options.limits } : {};
  transport = createSocketTransport({ httpServer, clock, logger, runFor, ...admission, ...limits });
  const closeAll = async (): Promise<void> => {
    await host.close();
    const closed = transport?.close();
    httpServer.closeAllConnections();
    await closed;
  };
  try {
    await listen(httpServer, options.port, options.host);
  } catch (error) {
    await closeAll();
    throw error;
  }
  for (const { coordinator } of runs.list()) coordinator.start();

  return {
    port: (httpServer.address() as AddressInfo).port,
    status: first.status,
    rounds: first.rounds,
    paused: () => first.coordinator.view.paused,
    close: closeAll,
  };
}

function refuseHost({ headers }: IncomingMessage, response: ServerResponse): void {
  const message =
    `this coordinator serves its own machine only and does not answer to ${JSON.stringify(headers.host ?? "")}; ` +
    "--allow-origin names another address of it, --trust-proxy a proxy in front";
  response.writeHead(421, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify({ code: "FORBIDDEN_HOST", message }));
}

function listen(server: HttpServer, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
