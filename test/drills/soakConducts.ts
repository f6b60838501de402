import { setTimeout as delay } from "node:timers/promises";
import type WebSocket from "ws";
import type { Rng } from "../../shared/base/rng.ts";
import type { Offer } from "../../shared/protocol/offer.ts";
import type { UploadAck } from "../../shared/protocol/uploadAck.ts";
import { type RawAck, type RawClient, ticketOf } from "../support/rawClient.ts";
import { hostileFrames } from "./hostileFrames.ts";

/** One offer in the hands of a client. */
export interface Turn {
  readonly client: RawClient;
  readonly offer: Offer;
  /** What the client was offered before, on this connection. */
  readonly earlier: Offer | undefined;
  readonly rng: Rng;
  /** What an honest training comes to, [offer.numParams]. */
  readonly honestDelta: (offer: Offer, rng: Rng) => Promise<Float32Array>;
}

/** Does something with an offer: the coordinator's last answer, or none where nothing was said that has one. */
export type Conduct = (turn: Turn) => Promise<RawAck | UploadAck | undefined>;

/** The plan's bound on each element of a delta. */
export const MAX_ABS_DELTA = 1;

/** Training takes up to so long. */
const MAX_TRAINING_MS = 400;
/** A stranger to the protocol says so many things in one go. */
const MAX_FRAMES = 5;

async function accept({ client, offer, rng }: Turn): Promise<void> {
  await client.emit("accept", { ticket: offer.ticket });
  await delay(rng.nextBelow(MAX_TRAINING_MS));
}

export const honest: Conduct = async (turn) => {
  await accept(turn);
  const delta = await turn.honestDelta(turn.offer, turn.rng);
  return turn.client.send(await turn.client.update(turn.offer, { delta, numExamples: 1 + turn.rng.nextBelow(100) }));
};

/** Updates that no check can tell from honest ones: the rule has to bear them. */
const LEGAL_ATTACKS = {
  async "sign flipped"(turn) {
    await accept(turn);
    const delta = (await turn.honestDelta(turn.offer, turn.rng)).map((value) => {
      return Math.max(-MAX_ABS_DELTA, Math.min(MAX_ABS_DELTA, -4 * value));
    });
    return turn.client.send(await turn.client.update(turn.offer, { delta, numExamples: 1_000_000 }));
  },
  async "as large as allowed"(turn) {
    await accept(turn);
    const side = turn.rng.nextBelow(2) === 0 ? MAX_ABS_DELTA : -MAX_ABS_DELTA;
    const delta = new Float32Array(turn.offer.numParams).fill(side);
    return turn.client.send(await turn.client.update(turn.offer, { delta }));
  },
} satisfies Record<string, Conduct>;

/** What must never be given a receipt. */
export const FORBIDDEN = {
  async "wrong digest"(turn) {
    await accept(turn);
    const update = await turn.client.update(turn.offer);
    const payload = Uint8Array.from(update.payload);
    const at = turn.rng.nextBelow(payload.length);
    payload[at] = (payload[at] as number) ^ (1 << turn.rng.nextBelow(8));
    return turn.client.send({ ...update, payload });
  },
  async "stale ticket"({ client, offer, earlier, rng }) {
    const ticket = Uint8Array.from({ length: offer.ticket.length }, () => rng.nextBelow(256));
    const delta = new Float32Array(offer.numParams).fill(rng.nextFloat() - 0.5);
    return client.send(await client.update(earlier ?? { ...offer, ticket }, { delta }));
  },
  async "malformed message"({ client, offer, rng }) {
    const { submit } = await client.update(offer);
    const payloads = [
      ["submit", { ...submit, header: submit.header.slice(0, rng.nextBelow(submit.header.length)) }],
      ["chunk", { ticket: ticketOf(submit.header), offset: -1 - rng.nextBelow(100), bytes: new Uint8Array(8) }],
      ["accept", { ticket: "none" }],
      ["device", null],
    ] as const;
    const [event, payload] = payloads[rng.nextBelow(payloads.length)] as (typeof payloads)[number];
    return client.emit(event, payload);
  },
  async "hostile frames"({ client, rng }) {
    const { ws } = (client.socket.io.engine as unknown as { transport: { ws: WebSocket } }).transport;
    for (let left = 1 + rng.nextBelow(MAX_FRAMES); left > 0; left--) {
      for (const frame of hostileFrames(rng)) if (ws.readyState === ws.OPEN) ws.send(frame);
    }
    return undefined;
  },
} satisfies Record<string, Conduct>;

const BYZANTINE: readonly (readonly [name: string, conduct: Conduct])[] = [
  ...Object.entries(LEGAL_ATTACKS),
  ...Object.entries(LEGAL_ATTACKS), // twice as often as any other
  ...Object.entries(FORBIDDEN),
  ["silence", async () => undefined],
];

/** How a Byzantine client takes its next offer. */
export function drawConduct(rng: Rng): readonly [name: string, conduct: Conduct] {
  return BYZANTINE[rng.nextBelow(BYZANTINE.length)] as (typeof BYZANTINE)[number];
}
