import { gzipSync } from "node:zlib";
import { nodeSha256 } from "../../server/store/nodeSha256.ts";
import { canonicalJsonBytes, type JsonValue } from "../../shared/base/canonicalJson.ts";
import { contentHash } from "../../shared/base/hash.ts";
import { f32 } from "../../shared/codec/f32.ts";
import { createHello } from "../../shared/protocol/checkHello.ts";
import type { SignedUpdate } from "../../shared/protocol/createUpdate.ts";
import { LIMITS } from "../../shared/protocol/limits.ts";
import { manifestHash } from "../../shared/protocol/manifest.ts";
import {
  encodeUpdateHeader,
  parseUpdateHeader,
  UPDATE_HEADER_TABLE,
  type UpdateHeader,
} from "../../shared/protocol/updateHeader.ts";
import type { Ack, DirectClient, DirectWorld } from "./directWorld.ts";
import type { ForgeryScene } from "./forgedUpdates.ts";

/** A member with a good key: everything is signed as it should be, only what is signed is poison. */
const member = ({ world }: ForgeryScene): DirectClient => world.clients[1] as DirectClient;

interface Contents {
  readonly payload?: Uint8Array;
  /** As JSON, whether a manifest or not. */
  readonly manifest?: JsonValue;
  readonly header?: Partial<UpdateHeader>;
  /** Written into the header as it is: the encoder would refuse it. */
  readonly f64?: { readonly name: string; readonly value: number };
}

async function poisoned(scene: ForgeryScene, { payload, manifest, header, f64 }: Contents): Promise<SignedUpdate> {
  const update = await member(scene).update();
  const bytes = payload ?? update.payload;
  const manifestBytes = manifest === undefined ? update.submit.manifest : canonicalJsonBytes(manifest);
  const encoded = encodeUpdateHeader({
    ...parseUpdateHeader(update.submit.header),
    manifestHash: manifestHash(manifestBytes, nodeSha256),
    payloadHash: contentHash(nodeSha256, bytes),
    payloadBytes: bytes.length,
    ...header,
  });
  if (f64 !== undefined) {
    const offset = UPDATE_HEADER_TABLE.find(({ name }) => name === f64.name)?.offset as number;
    new DataView(encoded.buffer).setFloat64(offset, f64.value, true);
  }
  const signature = await member(scene).signer.sign(encoded);
  return { ...update, payload: bytes, submit: { header: encoded, signature, manifest: manifestBytes } };
}

const deliver = async (scene: ForgeryScene, contents: Contents): Promise<Ack> =>
  member(scene).deliver(await poisoned(scene, contents));

/** A part of ten elements as it should be, with changes. */
const partWith = (changes: Record<string, JsonValue>): JsonValue => ({
  ...{ format: "headwater-parts/1", metrics: {} },
  parts: [{ name: "delta", dtype: "f32", codec: "f32", numElements: 10, numBytes: 40, ...changes }],
});

/** Ten small values, one of which has these 32 bits. */
function withBits({ rng }: ForgeryScene, bits: number): Uint8Array {
  const payload = f32.encode(new Float32Array(10).fill(0.25));
  new DataView(payload.buffer).setUint32(4 * rng.nextBelow(10), bits, true);
  return payload;
}

const hello = (world: DirectWorld, changes: object): Promise<Ack> =>
  world.greet(async (challenge) => ({
    ...(await createHello(challenge, (world.clients[1] as DirectClient).signer, { numExamples: 1, software: "x" })),
    ...changes,
  }));

const pick = <T>({ rng }: ForgeryScene, values: readonly T[]): T => values[rng.nextBelow(values.length)] as T;

export const HOSTILE_CONTENTS: Readonly<Record<string, (scene: ForgeryScene) => Promise<Ack>>> = {
  // NaN: any sign, quiet or signalling, any payload. Infinity: either.
  NaN: (scene) =>
    deliver(scene, {
      payload: withBits(scene, (0x7f800001 + scene.rng.nextBelow(0x7ffffe)) | (scene.rng.nextBelow(2) << 31)),
    }),
  infinity: (scene) => deliver(scene, { payload: withBits(scene, pick(scene, [0x7f800000, 0xff800000])) }),
  "a value beyond the bound": (scene) =>
    deliver(scene, { payload: withBits(scene, pick(scene, [0x40000001, 0xc0000001, 0x7f7fffff, 0xff7fffff])) }),
  "a payload of another length": (scene) =>
    deliver(scene, { payload: new Uint8Array(pick(scene, [1, 4, 36, 39, 41, 44, 80, 4000])) }),
  "a length that the manifest does not have": (scene) =>
    deliver(scene, { header: { payloadBytes: pick(scene, [0, 1, 39, 41, 64 * 2 ** 20, 2 ** 32 - 1]) } }),
  "another number of params": (scene) =>
    deliver(scene, { header: { numParams: pick(scene, [0, 1, 9, 11, 2 ** 24, 2 ** 32 - 1]) } }),
  "a weight out of range": (scene) => deliver(scene, { header: { weight: pick(scene, [0, 2 ** 31, 2 ** 32 - 1]) } }),
  "noise or clipping that the plan does not have": (scene) => {
    const name = pick(scene, ["clipNorm", "noiseStdDev"]);
    return deliver(scene, {
      f64: { name, value: pick(scene, [Number.NaN, -1, 1, Number.POSITIVE_INFINITY, 5e-324, -0]) },
    });
  },
  "another dtype, codec or name": (scene) =>
    deliver(scene, {
      manifest: partWith(
        pick(scene, [
          { dtype: "f64" },
          { dtype: "i8" },
          { codec: "int8" },
          { codec: "gzip" },
          { codec: "f16" },
          { name: "control" },
        ]),
      ),
    }),
  "counts that do not fit": (scene) =>
    deliver(scene, {
      manifest: partWith(
        pick(scene, [
          ...[-1, 0, 9, 11, 1.5, 2 ** 53, 1e300, "10", null].map((numElements) => ({ numElements })),
          ...[-1, 0, 39, 41, 2 ** 53, "40", null].map((numBytes) => ({ numBytes })),
        ]),
      ),
    }),
  "parts too many or none": (scene) => {
    const part = { name: "delta", dtype: "f32", codec: "f32", numElements: 10, numBytes: 40 };
    const parts = Array.from({ length: pick(scene, [0, 2, LIMITS.maxParts + 1]) }, (_, i) => ({
      ...part,
      name: `delta${i}`,
    }));
    return deliver(scene, { manifest: { format: "headwater-parts/1", metrics: {}, parts } });
  },
  "metrics that are no figures": (scene) =>
    deliver(scene, {
      manifest: {
        ...(partWith({}) as Record<string, JsonValue>),
        metrics: pick<Record<string, JsonValue>>(scene, [
          { trainLoss: "0" },
          { trainLoss: null },
          { trainLoss: [1] },
          { Weight: 1 },
          Object.fromEntries(Array.from({ length: LIMITS.maxMetrics + 1 }, (_, i) => [`m${i}`, i])),
        ]),
      },
    }),
  "a bomb: a megabyte of zeros in a kilobyte": (scene) => {
    const bomb = Uint8Array.from(gzipSync(new Uint8Array(2 ** 20)));
    return deliver(scene, {
      payload: bomb,
      manifest: partWith({ codec: pick(scene, ["gzip", "f32"]), numBytes: bomb.length }),
    });
  },
  "a bomb: brackets in the manifest": (scene) => {
    const depth = pick(scene, [100, 2000, 4000]);
    return member(scene).send("submit", {
      ...bare,
      manifest: new TextEncoder().encode("[".repeat(depth) + "]".repeat(depth)),
    });
  },
  "a manifest beyond its limit": (scene) =>
    member(scene).send("submit", { ...bare, manifest: new Uint8Array(8193 + scene.rng.nextBelow(100_000)) }),
  "a chunk beyond its limit": (scene) => {
    const { ticket } = member(scene).offer;
    return member(scene).send("chunk", {
      ticket,
      offset: 0,
      bytes: new Uint8Array(131_073 + scene.rng.nextBelow(1000)),
    });
  },
  "a chunk beyond the payload": async (scene) => {
    await member(scene).send("submit", (await member(scene).update()).submit);
    const { ticket } = member(scene).offer;
    return member(scene).send("chunk", { ticket, offset: 0, bytes: new Uint8Array(41 + scene.rng.nextBelow(1000)) });
  },
  "a hello with examples that are no count": (scene) =>
    hello(scene.world, {
      numExamples: pick<unknown>(scene, [-1, 0, 2 ** 53, 2 ** 32, Number.NaN, "1", 1.5, null, [1], {}]),
    }),
};

/** Of the right lengths, and nothing else. */
const bare = { header: new Uint8Array(396), signature: new Uint8Array(64) };
