import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { canonicalJsonBytes, type JsonValue } from "../shared/base/canonicalJson.ts";
import type { Model } from "../shared/models/model.ts";
import type { RoundSummary, RunStatus } from "../shared/protocol/runStatus.ts";
import { createHttpApp } from "./http/createHttpApp.ts";
import { createEventFeed } from "./http/eventFeed.ts";
import { builtPagesDirectory, readPages } from "./http/pages.ts";
import { sharedReads } from "./http/sharedReads.ts";
import { liveStatus, runFacts, runStatus, type SampleFacts } from "./http/statusView.ts";
import { createRoundCoordinator } from "./rounds/coordinator.ts";
import type { CoordinatorPorts, CoordinatorTiming, Run } from "./rounds/run.ts";
import { isHostAllowed } from "./transport/originPolicy.ts";
import { createSocketTransport, type SocketTransport, type TransportLimits } from "./transport/socketTransport.ts";

/** Rows of a public data set for people who only want to try. */
export interface SampleData extends SampleFacts {
  /** IDX images and straight after them IDX labels; undefined for a shard that is not there. */
  shard(index: number): Uint8Array | undefined;
}

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
  readonly trustProxy: boolean;
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

/** How often the cohort is told at most. */
const COHORT_EVENT_MS = 250;

/** One HTTP server with everything on it: the API, the pages and the sockets of the clients. */
export async function startCoordinatorServer(options: CoordinatorServerOptions): Promise<CoordinatorServer> {
  const { run, model, allowedOrigins, trustProxy, sample } = options;
  const { clock, logger, signer } = options.ports;
  const feed = createEventFeed({ clock });
  const facts = runFacts(
    run,
    signer.publicKey,
    model,
    sample ? { name: sample.name, numShards: sample.numShards } : null,
  );
  let transport: SocketTransport | undefined;
  let cancelCohortEvent: (() => void) | undefined;

  const coordinator = await createRoundCoordinator({
    run,
    ports: { ...options.ports, broadcaster: { broadcast: (event, payload) => transport?.broadcast(event, payload) } },
    ...(options.timing ? { timing: options.timing } : {}),
    ...(options.mayOpen ? { mayOpen: options.mayOpen } : {}),
    onChange(change) {
      if (change === "live") {
        cancelCohortEvent ??= clock.schedule(COHORT_EVENT_MS, () => {
          cancelCohortEvent = undefined;
          feed.publish("cohort", liveStatus(coordinator.view));
        });
      } else if (change === "phase") {
        feed.publish("status", status());
        options.onPhase?.(status());
      } else {
        feed.publish("round", change);
        options.onRound?.(change);
      }
    },
  });
  const status = (): RunStatus => runStatus(facts, coordinator.view);

  const app = createHttpApp({
    view: {
      status,
      rounds: () => ({ rounds: [...coordinator.view.summaries.list()] }),
      planBytes: canonicalJsonBytes(run.plan as JsonValue),
      modelBytes: canonicalJsonBytes(run.model as JsonValue),
      params: sharedReads((hash) => coordinator.params(hash)),
      served: coordinator.served,
      sample: (shard) => sample?.shard(shard),
      notReady: () => coordinator.view.paused,
    },
    feed,
    pages: readPages(builtPagesDirectory()),
    allowedOrigins,
    trustProxy,
    logger,
  });
  const answer = getRequestListener(app.fetch);
  const listensOn = options.host;
  const httpServer = createServer((request, response) => {
    if (isHostAllowed(request, { listensOn, allowedOrigins, trustProxy })) void answer(request, response);
    else refuseHost(request, response);
  });
  httpServer.headersTimeout = 10_000;
  httpServer.requestTimeout = 15_000;
  httpServer.timeout = STALLED_MS;
  httpServer.maxConnections = 12_000;
  const { accept } = coordinator;
  const limits = options.limits ? { limits: options.limits } : {};
  const admission = { allowedOrigins, trustProxy, listensOn };
  transport = createSocketTransport({ httpServer, clock, logger, accept, ...admission, ...limits });
  const closeAll = async (): Promise<void> => {
    await coordinator.drain();
    cancelCohortEvent?.();
    feed.close();
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
  coordinator.start();

  return {
    port: (httpServer.address() as AddressInfo).port,
    status,
    rounds: () => coordinator.view.summaries.list(),
    paused: () => coordinator.view.paused,
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
