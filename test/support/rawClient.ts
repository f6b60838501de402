import { io, type Socket } from "socket.io-client";
import { runAddress } from "../../client/core/runAddress.ts";
import { createNodeSigner } from "../../server/crypto/nodeEd25519.ts";
import { nodeSha256 } from "../../server/store/nodeSha256.ts";
import { toHex } from "../../shared/base/hash.ts";
import { type Challenge, parseChallenge } from "../../shared/protocol/challenge.ts";
import { createHello } from "../../shared/protocol/checkHello.ts";
import { createUpdate, type SignedUpdate, type UpdateOptions } from "../../shared/protocol/createUpdate.ts";
import { LIMITS } from "../../shared/protocol/limits.ts";
import { type Offer, parseOffer } from "../../shared/protocol/offer.ts";
import { planHash } from "../../shared/protocol/runPlan.ts";
import { parseUpdateHeader } from "../../shared/protocol/updateHeader.ts";
import { parseUploadAck, type UploadAck } from "../../shared/protocol/uploadAck.ts";
import { parseWelcome, type Welcome } from "../../shared/protocol/welcome.ts";

/** Anything that the coordinator acknowledges with. */
export interface RawAck {
  readonly ok: boolean;
  readonly code?: string;
  readonly message?: string;
  readonly retryAfterMs?: number;
}

/** A scripted client: speaks the protocol honestly unless told otherwise, and can put any bytes on the wire. */
export interface RawClient {
  readonly socket: Socket;
  readonly clientId: string;
  readonly challenge: Challenge;
  /** The next message of a kind, or one that has come already. */
  next(event: string): Promise<unknown>;
  emit(event: string, payload: unknown): Promise<RawAck>;
  hello(changes?: object): Promise<RawAck>;
  welcome(): Promise<Welcome>;
  offer(): Promise<Offer>;
  update(offer: Offer, changes?: Partial<UpdateOptions>): Promise<SignedUpdate>;
  /** Submit and chunks, from wherever the coordinator says. Returns the last acknowledgement. */
  send(update: SignedUpdate, chunkBytes?: number): Promise<UploadAck>;
  close(): void;
}

export function seedOf(name: string): Uint8Array {
  return nodeSha256(new TextEncoder().encode(name));
}

/** Connects and waits for the challenge. */
export async function connectRawClient(url: string, name: string): Promise<RawClient> {
  const signer = createNodeSigner(seedOf(name));
  const { coordinator, run } = runAddress(url);
  const auth = run === undefined ? {} : { run };
  const socket = io(coordinator.origin, { transports: ["websocket"], reconnection: false, forceNew: true, auth });
  const arrived = new Map<string, unknown[]>();
  const waiting = new Map<string, ((payload: unknown) => void)[]>();
  socket.onAny((event: string, payload: unknown) => {
    const waiter = waiting.get(event)?.shift();
    if (waiter) waiter(payload);
    else arrived.set(event, [...(arrived.get(event) ?? []), payload]);
  });
  const next = (event: string): Promise<unknown> => {
    const early = arrived.get(event);
    if (early && early.length > 0) return Promise.resolve(early.shift());
    return new Promise((resolve) => waiting.set(event, [...(waiting.get(event) ?? []), resolve]));
  };
  const failed = new Promise<never>((_, reject) => socket.once("connect_error", reject));
  const challenge = parseChallenge(await Promise.race([next("challenge"), failed]));
  failed.catch(() => {});
  let welcome: Welcome | undefined;

  const client: RawClient = {
    socket,
    clientId: toHex(signer.publicKey),
    challenge,
    next,
    emit: (event, payload) => socket.timeout(10_000).emitWithAck(event, payload),
    async hello(changes = {}) {
      const hello = await createHello(challenge, signer, { numExamples: 10, software: "test" });
      return client.emit("hello", { ...hello, ...changes });
    },
    async welcome() {
      welcome ??= parseWelcome(await next("welcome"));
      return welcome;
    },
    offer: async () => parseOffer(await next("offer")),
    async update(offer, changes = {}) {
      const { plan } = await client.welcome();
      return createUpdate(
        {
          plan,
          planHash: planHash(plan, nodeSha256),
          coordinatorKey: challenge.coordinatorKey,
          offer,
          delta: new Float32Array(offer.numParams).fill(0.5),
          numExamples: 10,
          metrics: { trainLoss: 1.5 },
          ...changes,
        },
        signer,
        nodeSha256,
      );
    },
    async send({ submit, payload }, chunkBytes = LIMITS.maxChunkBytes) {
      const { header } = submit;
      let ack = parseUploadAck(await client.emit("submit", submit));
      const ticket = ticketOf(header);
      while (ack.ok && "offset" in ack) {
        const { offset } = ack;
        const bytes = payload.subarray(offset, offset + chunkBytes);
        ack = parseUploadAck(await client.emit("chunk", { ticket, offset, bytes: Uint8Array.from(bytes) }));
      }
      return ack;
    },
    close: () => void socket.disconnect(),
  };
  return client;
}

/** Connects, proves the key and waits for the welcome. */
export async function joinRawClient(url: string, name: string): Promise<RawClient> {
  const client = await connectRawClient(url, name);
  const ack = await client.hello();
  if (!ack.ok) throw new Error(`${name} was refused: ${ack.code} ${ack.message}`);
  await client.welcome();
  return client;
}

/** The ticket inside an encoded header. */
export function ticketOf(header: Uint8Array): Uint8Array {
  return Uint8Array.from(parseUpdateHeader(header).ticket);
}
