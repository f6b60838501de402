// Scripted clients of one coordinator: they sign when they get their offers and send when they are told, so that what a
// turn measures is the coordinator.
import { io } from "socket.io-client";
import { createNodeSigner } from "../../dist/server/crypto/nodeEd25519.js";
import { nodeSha256 } from "../../dist/server/store/nodeSha256.js";
import { parseChallenge } from "../../dist/shared/protocol/challenge.js";
import { createHello } from "../../dist/shared/protocol/checkHello.js";
import { createUpdate } from "../../dist/shared/protocol/createUpdate.js";
import { LIMITS } from "../../dist/shared/protocol/limits.js";
import { parseOffer } from "../../dist/shared/protocol/offer.js";
import { planHash } from "../../dist/shared/protocol/runPlan.js";
import { parseWelcome } from "../../dist/shared/protocol/welcome.js";
import { answerParent } from "./pinned.mjs";

const clients = [];
/** The same for all but for the first value, so that memory is that of one. */
let delta;

answerParent({
  start: async ({ url, from = 0, numClients }) => {
    // The first alone: where a round has one member it is this one.
    for (let size = 1; clients.length < numClients; size = 64) {
      const at = from + clients.length;
      const wave = Array.from({ length: Math.min(size, numClients - clients.length) }, (_, i) => join(url, at + i));
      clients.push(...(await Promise.all(wave)));
    }
  },
  sign,
  send,
  commit: () => committed,
  everybodyHeard: async () => {
    const times = (await Promise.all(clients.map(({ commit }) => commit))).filter((atMs) => atMs !== undefined);
    return { lastMs: Math.max(...times), numHeard: times.length };
  },
  stop: () => {
    for (const { socket } of clients) socket.disconnect();
  },
});

let heard = () => {};
let committed = new Promise((resolve) => {
  heard = resolve;
});

async function join(url, place) {
  const signer = createNodeSigner(nodeSha256(new TextEncoder().encode(`client ${place}`)));
  const socket = io(url, { transports: ["websocket"], reconnection: false, forceNew: true });
  const client = { place, signer, socket, offer: undefined, offered: () => {} };
  const next = (event) => new Promise((resolve) => socket.once(event, resolve));
  const welcome = next("welcome");
  socket.on("offer", (offer) => {
    client.offer = parseOffer(offer);
    client.offered();
  });
  if (place === 0) socket.on("commit", () => heard(Date.now()));
  client.commit = new Promise((resolve) => {
    socket.once("commit", () => resolve(Date.now()));
    socket.once("disconnect", () => resolve(undefined)); // its process was too busy to answer pings
  });
  client.challenge = parseChallenge(await next("challenge"));
  const ack = await socket.emitWithAck("hello", await createHello(client.challenge, signer, HELLO));
  if (!ack.ok) throw new Error(`client ${place} was refused: ${ack.code} ${ack.message}`);
  client.plan = parseWelcome(await welcome).plan;
  return client;
}

const HELLO = { numExamples: 100, software: "bench" };

/** Resolves to the bytes of one update once `numUpdates` clients have theirs ready. */
async function sign(numUpdates) {
  committed = new Promise((resolve) => {
    heard = resolve;
  });
  let numBytes = 0;
  for (const client of clients.slice(0, numUpdates)) {
    while (client.offer === undefined) {
      await new Promise((resolve) => {
        client.offered = resolve;
      });
    }
    const { offer, plan, challenge, signer } = client;
    if (delta?.length !== offer.numParams) {
      delta = Float32Array.from({ length: offer.numParams }, (_, i) => Math.sin(i) / 100);
    }
    client.first = (client.place + 1) / 1e6 + offer.round / 1e3;
    delta[0] = client.first;
    const base = { plan, planHash: planHash(plan, nodeSha256), coordinatorKey: challenge.coordinatorKey };
    const { submit, payload } = await createUpdate(
      { ...base, offer, delta, numExamples: 100, metrics: { trainLoss: 1 } },
      signer,
      nodeSha256,
    );
    client.submit = submit;
    client.ticket = offer.ticket;
    client.offer = undefined;
    numBytes = payload.length;
  }
  return numBytes;
}

/** Sends `numUpdates` updates, so many at a time; resolves to when the last byte went out and when the last receipt came. */
async function send({ numUpdates, atOnce }) {
  const payload = new Uint8Array(delta.buffer);
  const queue = clients.slice(0, numUpdates);
  const times = { firstMs: Date.now(), lastByteMs: 0, lastReceiptMs: 0 };
  const worker = async () => {
    for (let client = queue.shift(); client !== undefined; client = queue.shift()) await upload(client, payload, times);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  times.lastReceiptMs = Date.now();
  return times;
}

async function upload({ socket, submit, ticket, first, place }, payload, times) {
  const opened = await socket.emitWithAck("submit", submit);
  if (opened.offset !== 0) throw new Error(`client ${place} was refused: ${JSON.stringify(opened)}`);
  const answers = [];
  for (let offset = 0; offset < payload.length; offset += LIMITS.maxChunkBytes) {
    let bytes = payload.subarray(offset, offset + LIMITS.maxChunkBytes);
    if (offset === 0) {
      bytes = bytes.slice();
      new Float32Array(bytes.buffer)[0] = first;
    }
    const before = answers.at(-LIMITS.maxChunksInFlight);
    if (before !== undefined) await before;
    answers.push(socket.emitWithAck("chunk", { ticket, offset, bytes }));
  }
  times.lastByteMs = Math.max(times.lastByteMs, Date.now());
  const { receipt, ...refused } = await answers.at(-1);
  if (receipt === undefined) throw new Error(`client ${place} got no receipt: ${JSON.stringify(refused)}`);
}
