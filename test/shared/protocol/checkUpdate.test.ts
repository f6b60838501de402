import { describe, expect, it } from "vitest";
import { contentHash } from "../../../shared/base/hash.ts";
import type { Signer } from "../../../shared/crypto/signer.ts";
import {
  type UpdateExpectation,
  verifyUpdateHeader,
  verifyUpdatePayload,
} from "../../../shared/protocol/checkUpdate.ts";
import { encodeManifest, manifestHash, parseManifest } from "../../../shared/protocol/manifest.ts";
import type { Submit } from "../../../shared/protocol/submit.ts";
import { encodeUpdateHeader, parseUpdateHeader, type UpdateHeader } from "../../../shared/protocol/updateHeader.ts";
import { addOrder } from "../../contract/signature.ts";
import { errorCodeOf } from "../../support/errorCodeOf.ts";
import {
  client,
  coordinator,
  expectation,
  honestUpdate,
  ports,
  sha256,
  stranger,
} from "../../support/protocolWorld.ts";

const honest = await honestUpdate();
const honestHeader = parseUpdateHeader(honest.submit.header);
const otherHash = `sha256-${"00".repeat(31)}01` as const;

interface Forged {
  readonly header?: Partial<UpdateHeader>;
  readonly manifest?: Uint8Array;
  readonly payload?: Uint8Array;
  readonly signer?: Signer;
}

/** An update with some things changed and everything else made to fit, signed: only the named thing is wrong. */
async function forge({ header = {}, manifest, payload, signer = client }: Forged) {
  const ofManifest = manifest === undefined ? {} : { manifestHash: manifestHash(manifest, sha256) };
  const ofPayload =
    payload === undefined ? {} : { payloadHash: contentHash(sha256, payload), payloadBytes: payload.length };
  const bytes = encodeUpdateHeader({ ...honestHeader, ...ofManifest, ...ofPayload, ...header });
  const submit: Submit = {
    header: bytes,
    signature: await signer.sign(bytes),
    manifest: manifest ?? honest.submit.manifest,
  };
  return { submit, payload: payload ?? honest.payload };
}

function check(sent: { submit: Submit; payload: Uint8Array }, expected: UpdateExpectation = expectation) {
  const verified = verifyUpdateHeader(expected, sent.submit, ports);
  return verifyUpdatePayload(expected, verified, sent.payload, sha256).delta;
}

const f32 = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);
const deltaPart = { name: "delta", dtype: "f32", codec: "f32", numElements: 3, numBytes: 12 } as const;

describe("an honest update", () => {
  it("passes, and gives back the delta bit for bit", () => {
    expect(check(honest)).toEqual(Float32Array.of(0.5, -0.25, 0));
  });

  it("is named by the hash of its header alone", () => {
    const { headerHash, header, manifest } = verifyUpdateHeader(expectation, honest.submit, ports);
    expect(headerHash).toBe(contentHash(sha256, honest.submit.header));
    expect(header.weight).toBe(600);
    expect(manifest.metrics).toEqual({ trainLoss: 0.75 });
  });

  it("passes at any alignment", () => {
    for (let shift = 0; shift < 4; shift++) {
      const pool = Buffer.alloc(20);
      pool.set(honest.payload, shift);
      const delta = check({ ...honest, payload: pool.subarray(shift, shift + 12) });
      expect(delta).toEqual(Float32Array.of(0.5, -0.25, 0));
    }
  });

  it("is made again bit for bit from the same delta, so a crashed client is no equivocator", async () => {
    expect(await honestUpdate()).toEqual(honest);
  });

  it("passes at the bound itself, and its weight is capped by the client", async () => {
    expect(check(await honestUpdate({ delta: Float32Array.of(10, -10, 0) }))).toEqual(Float32Array.of(10, -10, 0));
    const heavy = await honestUpdate({ numExamples: 1_000_000 });
    expect(parseUpdateHeader(heavy.submit.header).weight).toBe(expectation.plan.maxWeight);
  });
});

describe("a wrong update is refused with the code of its first fault", () => {
  it.each<[string, Forged, string]>([
    ["foreign ticket", { header: { ticket: new Uint8Array(16) } }, "UNKNOWN_TICKET"],
    ["another version", { header: { version: 2 } }, "VERSION_UNSUPPORTED"],
    ["another kind of message", { header: { kind: 2 } }, "MALFORMED"],
    ["reserved byte set", { header: { reserved: 1 } }, "MALFORMED"],
    ["another run", { header: { runId: "ff".repeat(16) } }, "WRONG_RUN"],
    ["another coordinator", { header: { coordinatorKey: stranger.publicKey } }, "WRONG_RUN"],
    ["another client's key", { header: { clientKey: stranger.publicKey }, signer: stranger }, "BAD_KEY"],
    ["another key epoch", { header: { keyEpoch: 1 } }, "BAD_KEY"],
    ["another plan", { header: { planHash: otherHash } }, "PLAN_MISMATCH"],
    ["another model", { header: { modelHash: otherHash } }, "MODEL_MISMATCH"],
    ["another round", { header: { round: 6 } }, "ROUND_CLOSED"],
    ["another attempt", { header: { attempt: 1 } }, "ROUND_CLOSED"],
    ["another deadline", { header: { deadlineMs: 1 } }, "PLAN_MISMATCH"],
    ["another base version", { header: { baseVersion: 6 } }, "BASE_MISMATCH"],
    ["another base", { header: { baseParamsHash: otherHash } }, "BASE_MISMATCH"],
    ["another offer", { header: { offerManifestHash: otherHash } }, "BASE_MISMATCH"],
    ["no weight", { header: { weight: 0 } }, "WEIGHT_OUT_OF_RANGE"],
    ["too much weight", { header: { weight: 100_001 } }, "WEIGHT_OUT_OF_RANGE"],
    ["clipping that the plan does not know", { header: { clipNorm: 1 } }, "PLAN_MISMATCH"],
    ["noise that the plan does not know", { header: { noiseStdDev: 1 } }, "PLAN_MISMATCH"],
    ["a payload beyond every bound", { header: { payloadBytes: 2 ** 32 - 1 } }, "TOO_LARGE"],
    ["signed by a stranger", { signer: stranger }, "BAD_SIGNATURE"],
    ["another manifest hash", { header: { manifestHash: otherHash } }, "DIGEST_MISMATCH"],
    ["another payload hash", { header: { payloadHash: otherHash } }, "DIGEST_MISMATCH"],
    ["a part of another name", { manifest: encodeManifest([{ ...deltaPart, name: "delto" }]) }, "MALFORMED"],
    ["a second part", { manifest: encodeManifest([deltaPart, { ...deltaPart, name: "more" }]) }, "MALFORMED"],
    [
      "a codec that the plan does not name",
      { manifest: encodeManifest([{ ...deltaPart, codec: "int8" }]) },
      "CODEC_UNSUPPORTED",
    ],
    [
      "a shorter delta",
      { payload: f32(1, 2), manifest: encodeManifest([{ ...deltaPart, numElements: 2, numBytes: 8 }]) },
      "SHAPE_MISMATCH",
    ],
    ["a longer delta", { payload: f32(1, 2, 3, 4) }, "SHAPE_MISMATCH"],
    ["another count in the header", { header: { numParams: 4 } }, "SHAPE_MISMATCH"],
    [
      "bytes that do not fit the count",
      { manifest: encodeManifest([{ ...deltaPart, numBytes: 16 }]) },
      "SHAPE_MISMATCH",
    ],
    ["NaN", { payload: f32(0, Number.NaN, 0) }, "NOT_FINITE"],
    ["infinity", { payload: f32(0, 0, Number.NEGATIVE_INFINITY) }, "NOT_FINITE"],
    ["NaN and beyond the bound", { payload: f32(11, Number.NaN, 0) }, "NOT_FINITE"],
    ["beyond the bound", { payload: f32(0, -10.000001, 0) }, "BOUND_EXCEEDED"],
  ])("%s", async (_, forged, code) => {
    const sent = await forge(forged);
    expect(errorCodeOf(() => check(sent))).toBe(code);
  });

  it("one of the wrong shape, before a byte of its payload is taken", async () => {
    const shorter = await forge({
      manifest: encodeManifest([{ ...deltaPart, numElements: 2, numBytes: 8 }]),
      payload: f32(1, 2),
    });
    expect(errorCodeOf(() => verifyUpdateHeader(expectation, shorter.submit, ports))).toBe("SHAPE_MISMATCH");
  });

  it("one whose header was verified for another assignment, by its shape", () => {
    const verified = verifyUpdateHeader(expectation, honest.submit, ports);
    const longer = { ...expectation, offer: { ...expectation.offer, numParams: 4 } };
    expect(errorCodeOf(() => verifyUpdatePayload(longer, verified, honest.payload, sha256))).toBe("SHAPE_MISMATCH");
  });

  it("each of the header's fields is looked at: none can be changed and pass", async () => {
    for (const [name, value] of Object.entries(honestHeader)) {
      if (name === "previousReceiptHash") continue; // any chain is the client's own affair
      const other =
        typeof value === "number"
          ? value + 1
          : typeof value === "string"
            ? otherHash
            : stranger.publicKey.slice(0, (value as Uint8Array).length);
      const put = name === "runId" ? "ff".repeat(16) : other;
      if (name === "weight") continue; // any weight up to the cap is the client's to say; the table has the cap
      const sent = await forge({ header: { [name]: put } });
      expect([name, errorCodeOf(() => check(sent))]).not.toEqual([name, "accepted"]);
    }
  });

  it("any one bit of header, signature, manifest or payload changed in transit", () => {
    const parts = [honest.submit.header, honest.submit.signature, honest.submit.manifest, honest.payload];
    for (const part of parts) {
      for (let bit = 0; bit < 8 * part.length; bit += 7) {
        const at = bit >> 3;
        part[at] = (part[at] as number) ^ (1 << (bit & 7));
        expect(errorCodeOf(() => check(honest))).not.toBe("accepted");
        part[at] = (part[at] as number) ^ (1 << (bit & 7));
      }
    }
    expect(errorCodeOf(() => check(honest))).toBe("accepted");
  });

  it("every truncation of header and payload", () => {
    for (let length = 0; length < honest.submit.header.length; length++) {
      const submit = { ...honest.submit, header: honest.submit.header.subarray(0, length) };
      expect(errorCodeOf(() => check({ ...honest, submit }))).toBe("MALFORMED");
    }
    for (let length = 0; length < 12; length++) {
      const sent = { ...honest, payload: honest.payload.subarray(0, length) };
      expect(errorCodeOf(() => check(sent))).toBe("DIGEST_MISMATCH");
    }
  });

  it("a malleated signature, though the bytes it covers are honest", () => {
    const submit = { ...honest.submit, signature: addOrder(honest.submit.signature) };
    expect(errorCodeOf(() => check({ ...honest, submit }))).toBe("BAD_SIGNATURE");
  });

  it("a signature of the coordinator, or of the client over its hello", async () => {
    const byCoordinator = await forge({ signer: coordinator });
    expect(errorCodeOf(() => check(byCoordinator))).toBe("BAD_SIGNATURE");
  });

  it("one that lies behind the newest params, or before them", () => {
    for (const currentVersion of [8, 6]) {
      expect(errorCodeOf(() => check(honest, { ...expectation, currentVersion }))).toBe("ROUND_CLOSED");
    }
  });

  it("a manifest that is not canonical, or names a part twice, though its hash is signed", async () => {
    const text = new TextDecoder().decode(honest.submit.manifest);
    const spaced = new TextEncoder().encode(text.replace(":", ": "));
    expect(errorCodeOf(() => parseManifest(spaced))).toBe("MALFORMED");
    const sent = await forge({ manifest: spaced });
    expect(errorCodeOf(() => check(sent))).toBe("MALFORMED");
    expect(errorCodeOf(() => parseManifest(encodeManifest([deltaPart, deltaPart])))).toBe("MALFORMED");
    expect(errorCodeOf(() => parseManifest(Uint8Array.of(0x7b, 0xff, 0x7d)))).toBe("MALFORMED");
    expect(errorCodeOf(() => parseManifest(new Uint8Array(9000)))).toBe("TOO_LARGE");
  });
});

describe("createUpdate", () => {
  it("does not sign a delta that is not finite or has another length", async () => {
    await expect(honestUpdate({ delta: Float32Array.of(1, Number.NaN, 0) })).rejects.toThrow(/expected finite/);
    await expect(honestUpdate({ delta: new Float32Array(4) })).rejects.toThrow(/expected 3 elements, got 4/);
  });
});
