import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createNodeSigner } from "../../server/crypto/nodeEd25519.ts";
import { nodeSha256 } from "../../server/store/nodeSha256.ts";
import { contentHash } from "../../shared/base/hash.ts";
import { f32 } from "../../shared/codec/f32.ts";
import type { SignedUpdate } from "../../shared/protocol/createUpdate.ts";
import { encodeManifest } from "../../shared/protocol/manifest.ts";
import type { Offer } from "../../shared/protocol/offer.ts";
import {
  encodeUpdateHeader,
  parseUpdateHeader,
  type UpdateHeader,
  updateHeaderHash,
} from "../../shared/protocol/updateHeader.ts";
import {
  connectRawClient,
  joinRawClient,
  type RawAck,
  type RawClient,
  seedOf,
  ticketOf,
} from "../support/rawClient.ts";
import { startTestCoordinator, type TestCoordinator } from "../support/testCoordinator.ts";

/** The order of the base point, little-endian: S + L is a second, malleated S. */
const ORDER = Uint8Array.from(
  Buffer.from("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed", "hex").reverse(),
);

let coordinator: TestCoordinator;
let honest: RawClient;
let mallory: RawClient;
let honestOffer: Offer;
let offer: Offer;

beforeAll(async () => {
  coordinator = await startTestCoordinator({
    plan: { cohort: { size: 2, quorum: 2 }, maxAbsDelta: 2, maxWeight: 100 },
  });
  honest = await joinRawClient(coordinator.url, "honest");
  mallory = await joinRawClient(coordinator.url, "mallory");
  [honestOffer, offer] = await Promise.all([honest.offer(), mallory.offer()]);
});

afterAll(async () => {
  honest.close();
  mallory.close();
  await coordinator.close();
});

/** Mallory's own valid update with some header fields changed, signed again by Mallory. */
async function resigned(changes: Partial<UpdateHeader>): Promise<SignedUpdate> {
  const update = await mallory.update(offer);
  const header = encodeUpdateHeader({ ...parseUpdateHeader(update.submit.header), ...changes });
  const signature = await createNodeSigner(seedOf("mallory")).sign(header);
  return {
    ...update,
    submit: { ...update.submit, header, signature },
    headerHash: updateHeaderHash(header, nodeSha256),
  };
}

/** An update whose payload is these bytes, with a header that says so. */
async function withPayload(payload: Uint8Array): Promise<SignedUpdate> {
  const update = await resigned({ payloadHash: contentHash(nodeSha256, payload) });
  return { ...update, payload };
}

function delta(value: number, length = 10): Float32Array {
  return new Float32Array(length).fill(value);
}

async function withSignature(change: (signature: Uint8Array) => void): Promise<SignedUpdate> {
  const update = await mallory.update(offer);
  const signature = Uint8Array.from(update.submit.signature);
  change(signature);
  return { ...update, submit: { ...update.submit, signature } };
}

const table: readonly (readonly [name: string, code: string, attack: () => Promise<RawAck>])[] = [
  ["a forged signature", "BAD_SIGNATURE", async () => mallory.send(await withSignature((s) => s.fill(7, 0, 8)))],
  [
    "a malleated signature (S + L)",
    "BAD_SIGNATURE",
    async () =>
      mallory.send(
        await withSignature((s) => {
          let carry = 0;
          for (let i = 0; i < 32; i++) {
            carry += (s[32 + i] as number) + (ORDER[i] as number);
            s[32 + i] = carry & 0xff;
            carry >>= 8;
          }
        }),
      ),
  ],
  [
    "another client's key in the header",
    "BAD_KEY",
    async () => mallory.send(await resigned({ clientKey: createNodeSigner(seedOf("honest")).publicKey })),
  ],
  ["a foreign ticket", "UNKNOWN_TICKET", async () => mallory.send(await resigned({ ticket: honestOffer.ticket }))],
  ["an invented ticket", "UNKNOWN_TICKET", async () => mallory.send(await resigned({ ticket: new Uint8Array(16) }))],
  ["another run", "WRONG_RUN", async () => mallory.send(await resigned({ runId: "0".repeat(32) }))],
  ["another plan", "PLAN_MISMATCH", async () => mallory.send(await resigned({ planHash: `sha256-${"1".repeat(64)}` }))],
  [
    "another model",
    "MODEL_MISMATCH",
    async () => mallory.send(await resigned({ modelHash: `sha256-${"2".repeat(64)}` })),
  ],
  [
    "another base",
    "BASE_MISMATCH",
    async () => mallory.send(await resigned({ baseParamsHash: `sha256-${"3".repeat(64)}` })),
  ],
  ["a base version to come", "BASE_MISMATCH", async () => mallory.send(await resigned({ baseVersion: 1 }))],
  ["a round to come", "ROUND_CLOSED", async () => mallory.send(await resigned({ round: 1 }))],
  ["another attempt", "ROUND_CLOSED", async () => mallory.send(await resigned({ attempt: 3 }))],
  ["no weight", "WEIGHT_OUT_OF_RANGE", async () => mallory.send(await resigned({ weight: 0 }))],
  ["a weight above the cap", "WEIGHT_OUT_OF_RANGE", async () => mallory.send(await resigned({ weight: 101 }))],
  [
    "a manifest that is not the signed one",
    "DIGEST_MISMATCH",
    async () => {
      const update = await mallory.update(offer);
      const part = { name: "delta", dtype: "f32", codec: "f32", numElements: 11, numBytes: 44 } as const;
      return mallory.send({ ...update, submit: { ...update.submit, manifest: encodeManifest([part]) } });
    },
  ],
  [
    "a delta of another length",
    "SHAPE_MISMATCH",
    async () => mallory.send(await mallory.update({ ...offer, numParams: 11 }, { delta: delta(1, 11) })),
  ],
  ["NaN", "NOT_FINITE", async () => mallory.send(await withPayload(bytesOf(delta(Number.NaN))))],
  ["infinity", "NOT_FINITE", async () => mallory.send(await withPayload(bytesOf(delta(Number.NEGATIVE_INFINITY))))],
  ["a delta beyond the bound", "BOUND_EXCEEDED", async () => mallory.send(await withPayload(f32.encode(delta(2.5))))],
  [
    "a payload that is not the signed one",
    "DIGEST_MISMATCH",
    async () => mallory.send({ ...(await mallory.update(offer)), payload: f32.encode(delta(1.25)) }),
  ],
  [
    "a truncated header",
    "MALFORMED",
    async () => {
      const { submit } = await mallory.update(offer);
      return mallory.emit("submit", { ...submit, header: submit.header.slice(0, -1) });
    },
  ],
  [
    "an oversized chunk",
    "TOO_LARGE",
    async () => mallory.emit("chunk", { ticket: offer.ticket, offset: 0, bytes: new Uint8Array(130 * 1024) }),
  ],
  [
    "more bytes than the payload has",
    "TOO_LARGE",
    async () => {
      await mallory.emit("submit", (await mallory.update(offer)).submit);
      return mallory.emit("chunk", { ticket: offer.ticket, offset: 0, bytes: new Uint8Array(41) });
    },
  ],
  [
    "a chunk with a gap before it",
    "UPLOAD_OUT_OF_ORDER",
    async () => {
      await mallory.emit("submit", (await mallory.update(offer)).submit);
      return mallory.emit("chunk", { ticket: offer.ticket, offset: 4, bytes: new Uint8Array(4) });
    },
  ],
  [
    "a chunk of somebody else's upload",
    "UNKNOWN_TICKET",
    async () => mallory.emit("chunk", { ticket: honestOffer.ticket, offset: 0, bytes: new Uint8Array(4) }),
  ],
  ["nothing at all", "MALFORMED", async () => mallory.emit("submit", null)],
];

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer);
}

describe("a hostile update", () => {
  it.each(table)("%s is answered with %s", async (_, code, attack) => {
    const before = coordinator.status().live.paramsHash;
    expect(await attack()).toMatchObject({ ok: false, code });
    expect(coordinator.status().live).toMatchObject({ paramsHash: before, round: 0, phase: "announced" });
  });

  it("leaves the round to honest updates: one counts, its repetition gets the same receipt, a second is equivocation", async () => {
    const update = await honest.update(honestOffer, { delta: delta(0.5) });
    const first = await honest.send(update);
    expect(first).toMatchObject({ ok: true, receipt: { record: expect.anything() } });
    expect(await honest.send(update)).toEqual(first);
    const other = await honest.update(honestOffer, { delta: delta(0.25) });
    expect(await honest.send(other)).toMatchObject({ ok: false, code: "EQUIVOCATION" });

    expect(await mallory.send(await mallory.update(offer, { delta: delta(1.5) }))).toMatchObject({ ok: true });
    await honest.next("commit");
    const { paramsHash } = coordinator.status().live;
    const params = await coordinator.store.getBlob(paramsHash as `sha256-${string}`);
    expect(f32.decode(params, 10)).toEqual(delta(2)); // 1 + (0.5 + 1.5) / 2

    // Replayed after the round: the same update, the same receipt, and nothing is counted again.
    const next = await honest.offer();
    expect(await honest.send(update)).toEqual(first);
    expect(coordinator.status().live).toMatchObject({ round: 1, version: 1 });
    // A header for round 0 under the ticket of round 1.
    const stale = await honest.update({ ...next, round: 0 });
    expect(await honest.send(stale)).toMatchObject({ ok: false, code: "ROUND_CLOSED" });
    expect(ticketOf(stale.submit.header)).toEqual(next.ticket);
  });
});

describe("a hostile hello", () => {
  it.each([
    [
      "the identity point as key",
      "BAD_KEY",
      { publicKey: Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : 0)) },
    ],
    ["a signature of nothing", "BAD_SIGNATURE", { signature: new Uint8Array(64) }],
    ["a version that nobody speaks", "VERSION_UNSUPPORTED", { protocolVersion: 77 }],
  ])("%s is answered with %s", async (_, code, changes) => {
    const client = await connectRawClient(coordinator.url, "stranger");
    expect(await client.hello(changes)).toMatchObject({ ok: false, code });
    // The challenge was used up: the honest answer to it no longer counts, but a new one is there.
    expect(await client.next("challenge")).toMatchObject({ runId: client.challenge.runId });
    expect(await client.emit("accept", { ticket: new Uint8Array(16) })).toMatchObject({ code: "UNAUTHENTICATED" });
    client.close();
  });

  it("is answered with MALFORMED where a field has the wrong length", async () => {
    const client = await connectRawClient(coordinator.url, "stranger");
    expect(await client.hello({ publicKey: new Uint8Array(31) })).toMatchObject({ ok: false, code: "MALFORMED" });
    client.close();
  });

  it("ends the connection after five failed signatures", async () => {
    const client = await connectRawClient(coordinator.url, "stranger");
    const gone = new Promise((resolve) => client.socket.once("disconnect", resolve));
    for (let i = 0; i < 5; i++) {
      expect(await client.hello({ signature: new Uint8Array(64) })).toMatchObject({ code: "BAD_SIGNATURE" });
    }
    expect(await gone).toBe("io server disconnect");
  });
});
