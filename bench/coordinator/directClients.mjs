// A coordinator without sockets in this process, and clients that hand it what frames would hold: what is measured is the
// rounds alone. Without a folder it has no disk either.
import { pino } from "pino";
import { createNodeSigner, nodeVerify } from "../../dist/server/crypto/nodeEd25519.js";
import { openRun } from "../../dist/server/openRun.js";
import { createRoundCoordinator } from "../../dist/server/rounds/coordinator.js";
import { paramsFormatOf } from "../../dist/server/runs/paramsFormatOf.js";
import { createMemoryStore } from "../../dist/server/store/memoryStore.js";
import { nodeSha256 } from "../../dist/server/store/nodeSha256.js";
import { openStore } from "../../dist/server/store/sqliteStore.js";
import { systemClock } from "../../dist/server/systemClock.js";
import { webRandom } from "../../dist/shared/crypto/webRandom.js";
import { zooModel } from "../../dist/shared/models/zoo.js";
import { createHello } from "../../dist/shared/protocol/checkHello.js";
import { createUpdate } from "../../dist/shared/protocol/createUpdate.js";
import { LIMITS } from "../../dist/shared/protocol/limits.js";

/** A store that forgets events and payloads as soon as they are written: they would lie on a disk. */
function forgetfulStore() {
  const store = createMemoryStore();
  let head;
  return {
    ...store,
    readOnlyReason: undefined,
    async append(event) {
      head = event.kind === "run-created" ? await store.append(event) : { ...head, seq: head.seq + 1 };
      return head;
    },
    putBlob: async (bytes, hash) => hash ?? store.putBlob(bytes),
  };
}

const seedOf = (name) => nodeSha256(new TextEncoder().encode(name));

export async function openDirectCoordinator({ model: name, plan, directory }) {
  const model = zooModel(name);
  const signer = createNodeSigner(seedOf("coordinator"));
  const store = directory === undefined ? forgetfulStore() : await openStore({ directory });
  const fixed = { random: webRandom, sha256: nodeSha256 };
  const { run } = await openRun({ ...fixed, store, plan, model, coordinatorKey: signer.publicKey, paramsFormatOf });
  const coordinator = await createRoundCoordinator({
    run,
    ports: {
      ...{ ...fixed, store, signer, clock: systemClock, wallClockMs: Date.now, verify: nodeVerify },
      logger: pino({ level: "silent" }),
      broadcaster: { broadcast() {} },
      paramsFormat: paramsFormatOf(model),
    },
    timing: { gatherMs: 3_600_000, helloMs: 3_600_000, uploadIdleMs: 3_600_000 },
  });
  coordinator.start();
  return { coordinator, run, coordinatorKey: signer.publicKey };
}

/** A client that has said hello. `offers` tells its offers as they come. */
export async function joinDirectly({ coordinator, run, coordinatorKey }, place, onOffer) {
  const signer = createNodeSigner(seedOf(`client ${place}`));
  let challenge;
  const connection = {
    id: `${place}`,
    address: "192.0.2.1",
    hearBroadcasts() {},
    disconnect() {},
    hasRoomFor: () => true,
  };
  const handler = coordinator.accept({
    ...connection,
    send(event, payload) {
      if (event === "challenge") challenge = payload;
      if (event === "offer") onOffer(client, payload);
    },
  });
  const client = {
    sign: (offer, delta) =>
      createUpdate(
        {
          plan: run.plan,
          planHash: run.planHash,
          coordinatorKey,
          offer,
          delta,
          numExamples: 100,
          metrics: { trainLoss: 1 },
        },
        signer,
        nodeSha256,
      ),
    /** Resolves to the receipt. */
    async deliver({ ticket }, { submit, payload }) {
      await handler.handle("submit", submit);
      let answer;
      for (let offset = 0; offset < payload.length; offset += LIMITS.maxChunkBytes) {
        const bytes = payload.subarray(offset, offset + LIMITS.maxChunkBytes);
        answer = await handler.handle("chunk", { ticket, offset, bytes });
      }
      return answer.reply.receipt;
    },
  };
  const { afterwards } = await handler.handle(
    "hello",
    await createHello(challenge, signer, { numExamples: 100, software: "bench" }),
  );
  afterwards();
  return client;
}
