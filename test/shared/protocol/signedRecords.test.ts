import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ContentHash } from "../../../shared/base/hash.ts";
import { toHex } from "../../../shared/base/hash.ts";
import { checkHello, createHello } from "../../../shared/protocol/checkHello.ts";
import { checkCommit, checkReceipt } from "../../../shared/protocol/checkReceipt.ts";
import { checkWelcome } from "../../../shared/protocol/checkWelcome.ts";
import type { Commit } from "../../../shared/protocol/commit.ts";
import { type CommitRecord, encodeCommitRecord, parseCommitRecord } from "../../../shared/protocol/commitRecord.ts";
import { checkOffer, createOffer } from "../../../shared/protocol/createOffer.ts";
import { encodeManifest } from "../../../shared/protocol/manifest.ts";
import { encodeReceipt, parseReceipt } from "../../../shared/protocol/receipt.ts";
import { parseRunPlan } from "../../../shared/protocol/runPlan.ts";
import { encodeUpdateHeader, parseUpdateHeader, UPDATE_HEADER_BYTES } from "../../../shared/protocol/updateHeader.ts";
import type { SignedReceipt } from "../../../shared/protocol/uploadAck.ts";
import { SMALL_ORDER_KEYS } from "../../contract/signature.ts";
import { errorCodeOf } from "../../support/errorCodeOf.ts";
import * as world from "../../support/protocolWorld.ts";
import { SAMPLES } from "./samples.ts";

const SEED = 20_260_201;
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const hash = bytes(32).map((digest) => `sha256-${toHex(digest)}` as ContentHash);
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const positive = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true });
const hashOrNull = fc.option(hash.filter((h) => !/^sha256-0+$/.test(h)));
const runId = bytes(16).map(toHex);

describe("the update header", () => {
  const header = fc.record({
    version: fc.integer({ min: 0, max: 65_535 }),
    kind: fc.integer({ min: 0, max: 255 }),
    reserved: fc.integer({ min: 0, max: 255 }),
    runId,
    planHash: hash,
    modelHash: hash,
    coordinatorKey: bytes(32),
    clientKey: bytes(32),
    keyEpoch: u32,
    round: u32,
    attempt: u32,
    ticket: bytes(16),
    baseVersion: u32,
    deadlineMs: u32,
    baseParamsHash: hash,
    offerManifestHash: hash,
    weight: u32,
    clipNorm: positive,
    noiseStdDev: positive,
    manifestHash: hash,
    payloadHash: hash,
    payloadBytes: u32,
    numParams: u32,
    previousReceiptHash: hashOrNull,
  });

  it("is parsed to what was encoded", () => {
    fc.assert(
      fc.property(header, (value) => {
        expect(parseUpdateHeader(encodeUpdateHeader(value))).toEqual(value);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it("has one encoding for each value: bytes that parse are encoded to themselves", () => {
    const tag = encodeUpdateHeader(parseUpdateHeader(SAMPLES.submit.message.header)).slice(0, 24);
    fc.assert(
      fc.property(bytes(UPDATE_HEADER_BYTES - 24), (rest) => {
        const given = Uint8Array.of(...tag, ...rest);
        try {
          expect(encodeUpdateHeader(parseUpdateHeader(given))).toEqual(given);
        } catch (error) {
          expect(
            errorCodeOf(() => {
              throw error;
            }),
          ).toBe("MALFORMED"); // a float that is no plain one
        }
      }),
      { seed: SEED + 1, numRuns: 300 },
    );
  });

  it.each([
    ["round", -1],
    ["round", 2 ** 32],
    ["round", 0.5],
    ["clipNorm", -1],
    ["clipNorm", -0],
    ["clipNorm", Number.NaN],
    ["ticket", new Uint8Array(15)],
    ["runId", "00"],
    ["planHash", "sha256-00"],
  ])("does not encode %s = %s", (name, value) => {
    const honest = parseUpdateHeader(SAMPLES.submit.message.header);
    expect(() => encodeUpdateHeader({ ...honest, [name]: value })).toThrow(/"\w+" expected/);
  });

  it("is not taken for a receipt, nor a receipt for it: tags differ", () => {
    const receipt = SAMPLES.receiptAck.message.receipt.record;
    expect(errorCodeOf(() => parseReceipt(SAMPLES.submit.message.header.slice(0, receipt.length)))).toBe("MALFORMED");
  });
});

describe("the receipt", () => {
  const { receipt } = SAMPLES.receiptAck.message;
  const honest = parseReceipt(receipt.record);
  const sign = (value: typeof honest): SignedReceipt => {
    const record = encodeReceipt(value);
    return { record, signature: world.coordinator.sign(record) };
  };

  it("is checked against the update that was sent", () => {
    expect(checkReceipt(receipt, honest, world.verify)).toEqual(honest);
    expect(honest.journalSeq).toBe(42);
  });

  it.each([
    ["runId", "ff".repeat(16), "WRONG_RUN"],
    ["coordinatorKey", world.stranger.publicKey, "WRONG_RUN"],
    ["clientKey", world.stranger.publicKey, "DIGEST_MISMATCH"],
    ["round", 8, "DIGEST_MISMATCH"],
    ["attempt", 1, "DIGEST_MISMATCH"],
    ["headerHash", world.baseParamsHash, "DIGEST_MISMATCH"],
  ])("for another %s is refused, though signed", (name, value, code) => {
    expect(errorCodeOf(() => checkReceipt(sign({ ...honest, [name]: value }), honest, world.verify))).toBe(code);
  });

  it("signed by anybody else is refused", () => {
    const forged = { ...receipt, signature: world.stranger.sign(receipt.record) };
    expect(errorCodeOf(() => checkReceipt(forged, honest, world.verify))).toBe("BAD_SIGNATURE");
  });

  it("holds a journal position up to 2^53 - 1 and no further", () => {
    expect(parseReceipt(encodeReceipt({ ...honest, journalSeq: Number.MAX_SAFE_INTEGER })).journalSeq).toBe(
      2 ** 53 - 1,
    );
    const beyond = receipt.record.slice();
    beyond.fill(0xff, -8);
    expect(errorCodeOf(() => parseReceipt(beyond))).toBe("MALFORMED");
  });
});

describe("the commit record", () => {
  const commit: Commit = SAMPLES.commit.parse(SAMPLES.commit.message);
  const honest = parseCommitRecord(commit.record);
  const expected = { runId: world.plan.runId, coordinatorKey: world.coordinator.publicKey, planHash: world.hashOfPlan };
  const sign = (record: CommitRecord): Commit => {
    const encoded = encodeCommitRecord(record);
    return { ...commit, record: encoded, signature: world.coordinator.sign(encoded) };
  };

  it("is parsed to what was encoded, in ascending order whatever the order given", () => {
    fc.assert(
      fc.property(fc.uniqueArray(hash, { maxLength: 40 }), (headerHashes) => {
        const parsed = parseCommitRecord(encodeCommitRecord({ ...honest, headerHashes }));
        expect(parsed).toEqual({ ...honest, headerHashes: [...headerHashes].sort() });
      }),
      { seed: SEED + 2, numRuns: 100 },
    );
  });

  it("lists the update, so its client sees that it counted", () => {
    expect(checkCommit(commit, expected, world.ports).headerHashes).toEqual([SAMPLES_HEADER_HASH]);
  });

  it.each([
    ["runId", "ff".repeat(16), "WRONG_RUN"],
    ["coordinatorKey", world.stranger.publicKey, "WRONG_RUN"],
    ["planHash", world.baseParamsHash, "PLAN_MISMATCH"],
    ["round", 8, "DIGEST_MISMATCH"],
    ["attempt", 1, "DIGEST_MISMATCH"],
    ["paramsHash", world.baseParamsHash, "DIGEST_MISMATCH"],
    ["metricsHash", world.baseParamsHash, "DIGEST_MISMATCH"],
  ])("with another %s is refused, though signed", (name, value, code) => {
    expect(errorCodeOf(() => checkCommit(sign({ ...honest, [name]: value }), expected, world.ports))).toBe(code);
  });

  it("signed by anybody else is refused", () => {
    const forged = { ...commit, signature: world.stranger.sign(commit.record) };
    expect(errorCodeOf(() => checkCommit(forged, expected, world.ports))).toBe("BAD_SIGNATURE");
  });

  it("refuses hashes out of order, twice the same, a wrong count, and too many", () => {
    const two = encodeCommitRecord({
      ...honest,
      headerHashes: [`sha256-${"01".repeat(32)}`, `sha256-${"02".repeat(32)}`],
    });
    const start = two.length - 64;
    const swapped = Uint8Array.of(...two.slice(0, start), ...two.slice(start + 32), ...two.slice(start, start + 32));
    const doubled = Uint8Array.of(...two.slice(0, start + 32), ...two.slice(start, start + 32));
    for (const bad of [swapped, doubled, two.slice(0, -1), two.slice(0, -32), Uint8Array.of(...two, 0)]) {
      expect(errorCodeOf(() => parseCommitRecord(bad))).toBe("MALFORMED");
    }
    const many = two.slice();
    new DataView(many.buffer).setUint32(start - 4, 4001, true);
    expect(errorCodeOf(() => parseCommitRecord(many))).toBe("TOO_LARGE");
    const twice = [honest.headerHashes[0], honest.headerHashes[0]] as ContentHash[];
    expect(() => encodeCommitRecord({ ...honest, headerHashes: twice })).toThrow(/no duplicates/);
  });

  it("of the largest cohort fits a frame", () => {
    const headerHashes = Array.from({ length: 4000 }, (_, i) => `sha256-${i.toString(16).padStart(64, "0")}` as const);
    expect(encodeCommitRecord({ ...honest, headerHashes }).length).toBeLessThan(200_000);
    const oneMore = [...headerHashes, world.hashOfPlan];
    expect(() => encodeCommitRecord({ ...honest, headerHashes: oneMore })).toThrow(/expected <= 4000, got 4001/);
  });
});

const SAMPLES_HEADER_HASH = (await world.honestUpdate()).headerHash;

describe("hello", () => {
  const { message: hello } = SAMPLES.hello;
  const { challenge, verify } = world;

  it("is accepted on the connection whose challenge it answers", () => {
    expect(errorCodeOf(() => checkHello(challenge, hello, verify))).toBe("accepted");
  });

  it.each<[string, Partial<typeof challenge>, Partial<typeof hello>]>([
    ["another nonce", { nonce: new Uint8Array(32) }, {}],
    ["another run", { runId: "ff".repeat(16) }, {}],
    ["another coordinator", { coordinatorKey: world.stranger.publicKey }, {}],
    ["another version", { protocolVersions: [2, 1] }, { protocolVersion: 2 }],
  ])("is of no use for %s", (_, change, ofHello) => {
    const code = errorCodeOf(() => checkHello({ ...challenge, ...change }, { ...hello, ...ofHello }, verify));
    expect(code).toBe("BAD_SIGNATURE");
  });

  it("is refused for another's key, a version that was not offered, and every small-order key", () => {
    const foreign = { ...hello, publicKey: world.stranger.publicKey };
    expect(errorCodeOf(() => checkHello(challenge, foreign, verify))).toBe("BAD_SIGNATURE");
    expect(errorCodeOf(() => checkHello(challenge, { ...hello, protocolVersion: 2 }, verify))).toBe(
      "VERSION_UNSUPPORTED",
    );
    for (const key of SMALL_ORDER_KEYS) {
      const publicKey = Uint8Array.from(Buffer.from(key, "hex"));
      expect(errorCodeOf(() => checkHello(challenge, { ...hello, publicKey }, verify))).toBe("BAD_KEY");
    }
  });

  it("is not made for a coordinator without a common version or with a hostile key", async () => {
    const about = { numExamples: 1, software: "x" };
    await expect(createHello({ ...challenge, protocolVersions: [2] }, world.client, about)).rejects.toMatchObject({
      code: "VERSION_UNSUPPORTED",
    });
    await expect(
      createHello({ ...challenge, coordinatorKey: new Uint8Array(32) }, world.client, about),
    ).rejects.toMatchObject({
      code: "BAD_KEY",
    });
  });
});

describe("welcome", () => {
  const { message } = SAMPLES.welcome;
  const welcome = SAMPLES.welcome.parse(message);

  it("is believed if its hashes are those of its content", () => {
    expect(errorCodeOf(() => checkWelcome(world.challenge, welcome, world.sha256))).toBe("accepted");
  });

  it.each([
    ["another run", { runId: "ff".repeat(16) }, "WRONG_RUN"],
    ["a plan with one rule changed", { plan: { ...world.plan, maxAbsDelta: 11 } }, "PLAN_MISMATCH"],
    ["a model with one member more", { model: { ...world.model, extra: 1 } }, "MODEL_MISMATCH"],
    ["a model hash that the plan does not name", { modelHash: world.baseParamsHash }, "MODEL_MISMATCH"],
  ])("is refused with %s", (_, change, code) => {
    expect(errorCodeOf(() => checkWelcome(world.challenge, { ...welcome, ...change }, world.sha256))).toBe(code);
  });
});

describe("an offer", () => {
  it("is believed if its manifest hands out what it names", () => {
    expect(checkOffer(world.offer, world.plan, 3, world.sha256)).toEqual({
      manifestHash: world.expectation.offerManifestHash,
      handouts: [],
    });
  });

  it.each([
    ["another model's length", {}, 4, "SHAPE_MISMATCH"],
    ["other params than its manifest", { baseParamsHash: world.hashOfPlan }, 3, "BASE_MISMATCH"],
    [
      "a manifest of nothing known",
      { manifest: encodeManifest([{ name: "x", dtype: "f32", codec: "f32", numElements: 3, numBytes: 12 }]) },
      3,
      "MALFORMED",
    ],
    ["a manifest that is none", { manifest: Uint8Array.of(0x7b, 0x7d) }, 3, "MALFORMED"],
  ])("is refused with %s", (_, change, numParams, code) => {
    expect(errorCodeOf(() => checkOffer({ ...world.offer, ...change }, world.plan, numParams, world.sha256))).toBe(
      code,
    );
  });

  it("is made only of values that its message could carry", () => {
    expect(() => createOffer({ ...world.offer, paramsBytes: 0 })).toThrow(/numBytes/);
  });
});

describe("the run plan", () => {
  it("has one hash, whatever the order of its members", () => {
    const turned = Object.fromEntries(Object.entries(world.plan).reverse());
    expect(parseRunPlan(turned)).toEqual(world.plan);
    expect(world.hashOfPlan).toMatch(/^sha256-[0-9a-f]{64}$/);
  });
});
