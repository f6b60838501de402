import { createServer } from "node:http";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createLogger, createMemoryStore, startCoordinator } from "../../dist/server/index.js";
import { sampleShards } from "../../dist/server/serve/sampleShards.js";
import { systemClock } from "../../dist/server/systemClock.js";
import { createSocketTransport } from "../../dist/server/transport/socketTransport.js";
import { defineModel } from "../../dist/shared/models/defineModel.js";
import { linear } from "../../dist/shared/nn/layers/linear.js";

/**
 * A server in a process of its own, so that its memory and its event loop are its own: the transport alone, where all
 * hear broadcasts, or a coordinator with a run. Answers what its parent asks over IPC.
 */
const { mode, port, limits, plan, seed, directory } = JSON.parse(process.argv[2]);
const lag = monitorEventLoopDelay({ resolution: 5 });
lag.enable();
const logger = createLogger("silent");
/** Another number for each broadcast: clients tell by it what has come. */
let numBroadcasts = 0;

async function startTransport() {
  const httpServer = createServer();
  const transport = createSocketTransport({
    ...{ httpServer, clock: systemClock, logger, allowedOrigins: [], trustProxy: false, limits },
    runFor: () => ({
      id: "run",
      accept(connection) {
        connection.hearBroadcasts(true);
        return { handle: async () => ({ reply: { ok: true } }), closed() {} };
      },
    }),
  });
  await new Promise((resolve) => httpServer.listen(port, "0.0.0.0", resolve));
  return {
    port: httpServer.address().port,
    numConnections: () => transport.numConnections,
    broadcast: (event, payload) => transport.broadcasterOf("run").broadcast(event, payload),
  };
}

async function startRun() {
  const model = defineModel({
    ...{ name: "small", input: { shape: [100] }, layers: [linear(100, 100)], loss: "softmaxCrossEntropy" },
  });
  const rows = { numExamples: 60, inputShape: [784], inputs: new Uint8Array(60 * 784), targets: new Uint8Array(60) };
  const kept = directory ? { directory } : { store: createMemoryStore(), seed: new Uint8Array(32).fill(seed) };
  const coordinator = await startCoordinator({
    ...{ ...kept, plan: { name: "drill", ...plan }, model, host: "0.0.0.0", port, limits, logger },
    timing: { gatherMs: 500 },
    sample: sampleShards("zeros", { ...rows, targetSize: 1 }, 1),
  });
  return {
    port: coordinator.port,
    numConnections: () => coordinator.status().live.numConnected,
    version: () => coordinator.status().live.version,
  };
}

const server = await (mode === "transport" ? startTransport() : startRun());

const ANSWERS = {
  async stats() {
    const { rss } = process.memoryUsage();
    return { rss, numConnections: server.numConnections(), version: server.version?.() };
  },
  async broadcast({ event, bytes }) {
    server.broadcast(event, { number: ++numBroadcasts, bytes: new Uint8Array(bytes) });
    return numBroadcasts;
  },
  /** How late the event loop was since the last question. */
  async lag() {
    const seen = { max: lag.max / 1e6, p99: lag.percentile(99) / 1e6, mean: lag.mean / 1e6 };
    lag.reset();
    return seen;
  },
};

process.on("message", async ({ id, ask, ...options }) => process.send({ id, answer: await ANSWERS[ask](options) }));
process.on("disconnect", () => process.exit());
process.send({ ready: true, port: server.port });
