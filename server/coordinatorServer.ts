import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { Model } from "../shared/models/model.ts";
import type { SignedRoster } from "../shared/protocol/roster.ts";
import type { RoundSummary, RunStatus } from "../shared/protocol/runStatus.ts";
import type { TlsContext } from "./configuration/tlsFiles.ts";
import { withDefaults } from "./configuration/withDefaults.ts";
import type { DiskGuard } from "./diskGuard.ts";
import { createHttpApp } from "./http/createHttpApp.ts";
import { operatorGate } from "./http/operatorGate.ts";
import { builtPagesDirectory, readPages } from "./http/pages.ts";
import { readiness } from "./http/readiness.ts";
import { createWebServer } from "./http/webServer.ts";
import type { Logger } from "./logger.ts";
import type { CoordinatorPorts, CoordinatorTiming, Run } from "./rounds/run.ts";
import { createFinishing } from "./runs/finishing.ts";
import type { HostedRun, RunSettings, SampleData } from "./runs/hostedRun.ts";
import { createRunHost } from "./runs/runHost.ts";
import type { RunShelf } from "./runs/runShelf.ts";
import type { Telemetry } from "./telemetry/telemetry.ts";
import type { Broadcaster } from "./transport/connection.ts";
import { isHostAllowed } from "./transport/originPolicy.ts";
import { createSocketTransport, type ServedRun, type SocketTransport } from "./transport/socketTransport.ts";
import { DEFAULT_TRANSPORT_LIMITS, type TransportLimits } from "./transport/transportLimits.ts";
import type { TrustProxy } from "./transport/trustedProxy.ts";

export interface CoordinatorServerOptions {
  readonly run: Run;
  readonly model: Model;
  readonly ports: Omit<CoordinatorPorts, "broadcaster">;
  readonly timing?: Partial<CoordinatorTiming>;
  readonly limits?: Partial<TransportLimits>;
  /** Keeps the runs' folder within its bounds. */
  readonly disk?: DiskGuard;
  readonly telemetry?: Telemetry;
  /** Absent: plain http. */
  readonly tls?: TlsContext;
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
  /** Who may take part in the default run, unless its journal has that version or a newer one. */
  readonly roster?: SignedRoster;
  readonly sample?: SampleData;
  readonly onRound?: (summary: RoundSummary) => void;
  readonly onPhase?: (status: RunStatus) => void;
}

export interface CoordinatorServer {
  readonly port: number;
  status(): RunStatus;
  rounds(): readonly RoundSummary[];
  paused(): string | undefined;
  /** Gives new connections another certificate. @throws TypeError for a server without TLS. */
  setTls(context: TlsContext): void;
  /** Is not ready from now on, opens no more rounds, and lets open ones come to their end for at most so long. */
  finishRounds(maxMs: number): Promise<void>;
  /** Stops taking messages, waits for what must be durable, closes every connection. */
  close(): Promise<void>;
}

/** One HTTP server with everything on it: the API, the pages and the sockets of the clients, for each of its runs. */
export async function startCoordinatorServer(options: CoordinatorServerOptions): Promise<CoordinatorServer> {
  const { disk, telemetry, tls, ...others } = options;
  const { allowedOrigins, trustProxy, publicUrl } = others;
  const { clock, logger } = options.ports;
  let transport: SocketTransport | undefined;
  const broadcasterOf = (runId: string): Broadcaster => ({
    broadcast: (event, payload) => transport?.broadcasterOf(runId).broadcast(event, payload),
  });
  const { settings = { minRoundMs: options.timing?.minRoundMs ?? 0 }, shelf } = options;
  const finishing = createFinishing({ clock, mayOpen: disk?.mayOpen });
  const host = await createRunHost({
    first: { ...others, settings, mayOpen: finishing.mayOpen },
    shelf,
    broadcasterOf,
    telemetry,
  });
  const { runs, operator } = host;
  const first = runs.default;
  const gate = operatorGate({
    token: options.operatorToken,
    trustProxy,
    publicUrl,
    clock,
    onLimit: telemetry?.limitHit,
  });

  const notReady = readiness({
    runs: runs.list,
    isDraining: () => finishing.isFinishing,
    isDiskFull: () => disk?.isFull === true,
  });
  const app = createHttpApp({
    runs,
    operator,
    gate,
    wallClockMs: options.ports.wallClockMs,
    pages: readPages(builtPagesDirectory()),
    allowedOrigins,
    trustProxy,
    tls: { hasTls: tls !== undefined, publicUrl },
    health: { notReady, isStalled: () => telemetry?.loop.isStalled === true },
    logger,
    onLimit: telemetry?.limitHit,
  });
  const answer = getRequestListener(app.fetch);
  const admission = { allowedOrigins, trustProxy, publicUrl, listensOn: options.host };
  const { httpServer, setTls } = createWebServer({
    tls,
    peers: {
      // As many again as sockets: params, pages and event streams.
      maxPerAddress: () => 2 * withDefaults(DEFAULT_TRANSPORT_LIMITS, options.limits).maxConnectionsPerAddress,
      trustProxy,
    },
    onLimit: telemetry?.limitHit,
    answer(request, response) {
      if (isHostAllowed(request, admission)) void answer(request, response);
      else refuseHost(request, response);
    },
  });
  const runFor = (nameOrId: string | undefined): ServedRun | undefined => {
    const hosted = runs.find(nameOrId);
    return hosted && { id: hosted.run.plan.runId, accept: hosted.accept };
  };
  const limits = options.limits ? { limits: options.limits } : {};
  const counted = telemetry ? { onLimit: telemetry.limitHit, onFault: telemetry.peerFault } : {};
  transport = createSocketTransport({ httpServer, clock, logger, runFor, ...admission, ...limits, ...counted });
  telemetry?.watch({
    runs: () => runs.list().map(({ run, coordinator }) => [run.plan.name, coordinator.view] as const),
    sockets: () => transport?.numConnections ?? 0,
    eventReaders: () => runs.list().reduce((sum, { feed }) => sum + feed.numReaders, 0),
    disk: () => ({ usedBytes: disk?.usedBytes, maxBytes: disk?.maxBytes }),
    notReady,
  });
  const closeAll = async (): Promise<void> => {
    const drained = host.close();
    finishing.end();
    try {
      await drained;
    } finally {
      // Also after a failure: a server that still listens would keep the process alive.
      const closed = transport?.close();
      httpServer.closeAllConnections();
      await closed;
    }
  };
  try {
    if (options.roster !== undefined) await takeRoster(first, options.roster, logger);
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
    setTls,
    finishRounds: (maxMs) => finishing.finish(() => runs.list().every(isBetweenRounds), maxMs),
    close: closeAll,
  };
}

/** An operator who replaced the roster while the coordinator ran may have left the file as it was: no reason not to start. */
async function takeRoster({ identity }: HostedRun, signed: SignedRoster, logger: Logger): Promise<void> {
  const kept = await identity.takeRoster(signed);
  if (kept === undefined) return;
  const given = signed.roster.version;
  logger.warn({ given, kept: kept.version }, "the roster file is older than the run's roster, which stays");
}

function isBetweenRounds({ coordinator }: HostedRun): boolean {
  const { phase } = coordinator.view.state;
  return phase === "idle" || phase === "committed" || phase === "aborted";
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
