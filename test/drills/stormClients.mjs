import { io } from "socket.io-client";
import { runClient } from "../../dist/client/core/clientRunner.js";
import { httpParams } from "../../dist/client/core/fetchParams.js";
import { memoryReceipts } from "../../dist/client/core/keptReceipt.js";
import { systemClock } from "../../dist/client/core/systemClock.js";
import { createNodeSigner, nodeVerify } from "../../dist/server/crypto/nodeEd25519.js";
import { nodeSha256 } from "../../dist/server/store/nodeSha256.js";

/**
 * Clients as they are, thousands in one process and from several addresses of the loopback: only their training is none,
 * and Node's Ed25519 signs for them.
 */
const { url, count, addresses, offset, numParams } = JSON.parse(process.argv[2]);
const EVENTS = ["challenge", "welcome", "offer", "round", "commit", "reject", "pace"];
let numFailures = 0;

/** `socketConnection`, from an address of its own. */
function connectFrom(localAddress) {
  return (handlers) => {
    const options = { transports: ["websocket"], reconnection: false, forceNew: true, timeout: 20_000 };
    const socket = io(url, { ...options, localAddress, perMessageDeflate: false });
    let over = false;
    const lose = (reason) => {
      if (over) return;
      over = true;
      socket.disconnect();
      handlers.lost(reason);
    };
    socket.on("connect", () => over || handlers.connected());
    socket.on("connect_error", (error) => lose(error.message));
    socket.on("disconnect", lose);
    for (const name of EVENTS) socket.on(name, (payload) => over || handlers.message(name, payload));
    return {
      call: (event, payload) => socket.timeout(20_000).emitWithAck(event, payload),
      close() {
        over = true;
        socket.disconnect();
      },
    };
  };
}

const trainer = {
  prepare: async () => ({ numParams, inputShape: [100], outputSize: 100, name: "none" }),
  async train() {
    await new Promise((resolve) => setTimeout(resolve, 2000));
    return { delta: new Float32Array(numParams), numExamples: 10, numSteps: 1, trainLoss: 1 };
  },
  close() {},
};

const clients = [];

function start(index) {
  return runClient({
    ports: {
      connect: connectFrom(`127.0.0.${2 + (index % addresses)}`),
      fetchParams: httpParams(url),
      trainer,
      signer: createNodeSigner(nodeSha256(new TextEncoder().encode(`storm ${index}`))),
      verify: nodeVerify,
      sha256: nodeSha256,
      receipts: memoryReceipts(),
      clock: systemClock,
      random: Math.random,
    },
    // Told that they are not needed for long, clients leave: here they are to stay, so as to be counted.
    session: { worthLeavingMs: Number.POSITIVE_INFINITY },
    numExamples: 10,
    software: "storm",
    onEvent(event) {
      if (event.kind === "reconnecting") numFailures++;
    },
  });
}

/** They come one by one; only what follows is to be a storm. */
async function startAll() {
  for (let i = 0; i < count; i++) {
    clients.push(start(offset + i));
    if (i % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
void startAll();

process.on("message", ({ id }) => {
  const ready = clients.filter(({ state }) => state.link.at === "ready").length;
  const ended = clients.filter(({ state }) => state.link.at === "ended").length;
  process.send({ id, answer: { ready, ended, numFailures } });
});
process.on("disconnect", () => process.exit());
process.send({ ready: true });
