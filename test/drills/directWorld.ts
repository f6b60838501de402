import { pino } from "pino";
import { createNodeSigner, nodeVerify } from "../../server/crypto/nodeEd25519.ts";
import { openRun, type PlanOptions } from "../../server/openRun.ts";
import {
  createRoundCoordinator,
  type RoundCoordinator,
  type RoundCoordinatorOptions,
} from "../../server/rounds/coordinator.ts";
import type { CoordinatorPorts } from "../../server/rounds/run.ts";
import { createMemoryStore } from "../../server/store/memoryStore.ts";
import { nodeSha256 } from "../../server/store/nodeSha256.ts";
import type { Store } from "../../server/store/store.ts";
import { systemClock } from "../../server/systemClock.ts";
import type { ClientEvent, ConnectionHandler } from "../../server/transport/connection.ts";
import type { Signer } from "../../shared/crypto/signer.ts";
import { webRandom } from "../../shared/crypto/webRandom.ts";
import { refusalOf } from "../../shared/protocol/ack.ts";
import type { Challenge } from "../../shared/protocol/challenge.ts";
import { createHello } from "../../shared/protocol/checkHello.ts";
import { createUpdate, type SignedUpdate, type UpdateOptions } from "../../shared/protocol/createUpdate.ts";
import type { Offer } from "../../shared/protocol/offer.ts";
import { seedOf } from "../support/rawClient.ts";
import { bareFormat, tinyModel } from "../support/testCoordinator.ts";

/** What a message is acknowledged with, refusals included. */
export type Ack = Readonly<Record<string, unknown>> & { readonly ok: boolean };

/** One client without a socket between: its messages reach the coordinator as parsed frames do. */
export interface DirectClient {
  readonly signer: Signer;
  /** The last that it got. */
  readonly offer: Offer;
  send(event: ClientEvent, payload: unknown): Promise<Ack>;
  update(changes?: Partial<UpdateOptions>): Promise<SignedUpdate>;
  /** The whole of an update; the last acknowledgement. */
  deliver(update: SignedUpdate): Promise<Ack>;
  /** Its connection is gone. */
  lose(): void;
}

export interface DirectWorld {
  readonly coordinator: RoundCoordinator;
  readonly store: Store;
  readonly clients: readonly DirectClient[];
  /** One more client, or one of them again over a new connection; it may get an offer or none. */
  join(name: string): Promise<DirectClient>;
  /** Sends a hello of one's own making, over a connection of its own. */
  greet(make: (challenge: Challenge) => Promise<unknown>): Promise<Ack>;
}

export interface DirectWorldOptions extends Pick<RoundCoordinatorOptions, "mayOpen" | "onHelloTimeout"> {
  readonly plan?: Partial<PlanOptions>;
  readonly ports?: Partial<CoordinatorPorts>;
  /** The clients are there; whether a round opens is not waited for. */
  readonly isUnopened?: boolean;
}

/** A round that waits for all of these clients, each of whom has its offer; 10 params of 1 to begin with. */
export async function openDirectWorld(
  names: readonly string[],
  { plan, ports, isUnopened = false, ...watching }: DirectWorldOptions = {},
): Promise<DirectWorld> {
  const store = ports?.store ?? createMemoryStore();
  const model = tinyModel();
  const signer = createNodeSigner(seedOf("coordinator"));
  const size = names.length;
  const { run } = await openRun({
    store,
    plan: {
      name: "direct",
      rounds: 1,
      cohort: { size, quorum: size },
      deadlineMs: 86_400_000,
      maxAbsDelta: 2,
      ...plan,
    },
    ...{ model, coordinatorKey: signer.publicKey, random: webRandom, sha256: nodeSha256, paramsFormatOf: bareFormat },
    initialParams: new Float32Array(model.spec.length).fill(1),
  });
  const coordinator = await createRoundCoordinator({
    run,
    ports: {
      ...{ store, signer, clock: systemClock, random: webRandom, verify: nodeVerify, sha256: nodeSha256 },
      wallClockMs: () => 1_750_000_000_000,
      logger: pino({ level: "silent" }),
      broadcaster: { broadcast() {} },
      paramsFormat: bareFormat(model),
      ...ports,
    },
    ...watching,
    timing: { gatherMs: 60_000, helloMs: 86_400_000 },
  });

  function connect(id: string) {
    const sent = new Map<string, unknown>();
    const waiting = new Map<string, (payload: unknown) => void>();
    const handler: ConnectionHandler = coordinator.accept({
      ...{ id, address: "192.0.2.1", hearBroadcasts() {}, disconnect() {}, hasRoomFor: () => true },
      send(event, payload) {
        sent.set(event, payload);
        waiting.get(event)?.(payload);
      },
    });
    const send = async (event: ClientEvent, payload: unknown): Promise<Ack> => {
      try {
        const { reply, afterwards } = await handler.handle(event, payload);
        afterwards?.();
        return reply as Ack;
      } catch (error) {
        const refusal = refusalOf(error);
        if (refusal.code === "INTERNAL") throw error; // a fault of ours, not an answer
        return { ...refusal };
      }
    };
    return { handler, send, sent, waiting };
  }

  async function join(name: string): Promise<DirectClient> {
    const { handler, send, sent, waiting } = connect(name);
    const self = createNodeSigner(seedOf(name));
    const challenge = sent.get("challenge") as Challenge;
    const offered = new Promise<Offer>((resolve) => waiting.set("offer", (offer) => resolve(offer as Offer)));
    const ack = await send("hello", await createHello(challenge, self, { numExamples: 10, software: "direct" }));
    if (!ack.ok) throw new Error(`${name} was refused: ${ack.code}`);
    const client: DirectClient = {
      ...{ signer: self, send, lose: handler.closed },
      get offer() {
        const offer = sent.get("offer") as Offer | undefined;
        if (offer === undefined) throw new TypeError("expected an offer first");
        return offer;
      },
      update: (changes = {}) =>
        createUpdate(
          {
            ...{ plan: run.plan, planHash: run.planHash, coordinatorKey: signer.publicKey, offer: client.offer },
            ...{ delta: new Float32Array(10).fill(0.5), numExamples: 10, metrics: { trainLoss: 1 }, ...changes },
          },
          self,
          nodeSha256,
        ),
      async deliver({ submit, payload }) {
        const opened = await send("submit", submit);
        if (!opened.ok || !("offset" in opened)) return opened;
        const offset = opened.offset as number;
        return send("chunk", { ticket: client.offer.ticket, offset, bytes: payload.subarray(offset) });
      },
    };
    pending.push(offered);
    return client;
  }

  const pending: Promise<Offer>[] = [];
  coordinator.start();
  const clients: DirectClient[] = [];
  for (const name of names) clients.push(await join(name));
  if (!isUnopened) await Promise.all(pending);
  let numGreetings = 0;
  return {
    ...{ coordinator, store, clients, join },
    async greet(make) {
      const { handler, send, sent } = connect(`stranger-${numGreetings++}`);
      try {
        return await send("hello", await make(sent.get("challenge") as Challenge));
      } finally {
        handler.closed();
      }
    },
  };
}
