import { contentHash } from "../../../shared/base/hash.ts";
import { parseAccept } from "../../../shared/protocol/accept.ts";
import { parseAck } from "../../../shared/protocol/ack.ts";
import { parseChallenge } from "../../../shared/protocol/challenge.ts";
import { createHello } from "../../../shared/protocol/checkHello.ts";
import { parseChunk } from "../../../shared/protocol/chunk.ts";
import { parseCommit } from "../../../shared/protocol/commit.ts";
import { encodeCommitRecord, metricsHash } from "../../../shared/protocol/commitRecord.ts";
import { parseDecline } from "../../../shared/protocol/decline.ts";
import { parseDeviceFacts } from "../../../shared/protocol/deviceFacts.ts";
import { parseHello } from "../../../shared/protocol/hello.ts";
import { parseLeave } from "../../../shared/protocol/leave.ts";
import { parseOffer } from "../../../shared/protocol/offer.ts";
import { parsePace } from "../../../shared/protocol/pace.ts";
import { parseParamsAck } from "../../../shared/protocol/paramsAck.ts";
import { parseParamsRequest } from "../../../shared/protocol/paramsRequest.ts";
import { encodeReceipt } from "../../../shared/protocol/receipt.ts";
import { parseReject } from "../../../shared/protocol/reject.ts";
import { createRotate, parseRotate } from "../../../shared/protocol/rotation.ts";
import { parseRoundProgress } from "../../../shared/protocol/roundProgress.ts";
import { parseRunPlan } from "../../../shared/protocol/runPlan.ts";
import { parseSubmit } from "../../../shared/protocol/submit.ts";
import { parseUploadAck } from "../../../shared/protocol/uploadAck.ts";
import { parseWelcome } from "../../../shared/protocol/welcome.ts";
import {
  baseParamsHash,
  challenge,
  client,
  coordinator,
  hashOfPlan,
  honestUpdate,
  model,
  modelHash,
  offer,
  plan,
  sha256,
  stranger,
} from "../../support/protocolWorld.ts";

const update = await honestUpdate();
const runId = plan.runId;
const invitation = new Uint8Array(32).fill(7);
const coordinatorKey = coordinator.publicKey;
const paramsHash = contentHash(sha256, Uint8Array.of(8));
const metrics = { testAccuracy: 0.5 };

export const receiptRecord = encodeReceipt({
  version: 1,
  runId,
  coordinatorKey,
  clientKey: client.publicKey,
  round: offer.round,
  attempt: offer.attempt,
  headerHash: update.headerHash,
  journalSeq: 42,
});

export const commitRecordBytes = encodeCommitRecord({
  version: 1,
  runId,
  coordinatorKey,
  planHash: hashOfPlan,
  modelHash,
  round: offer.round,
  attempt: offer.attempt,
  commitNumber: 8,
  baseParamsHash,
  paramsHash,
  previousCommitHash: null,
  metricsHash: metricsHash(metrics, sha256),
  totalWeight: 600,
  headerHashes: [update.headerHash],
});

const device = { charging: true, idle: false, unmetered: true, downlinkKbps: 9000 };
const signed = (record: Uint8Array) => ({ record, signature: coordinator.sign(record) });

/** One honest message of each kind, with the parser that takes it. */
export const SAMPLES = {
  challenge: { parse: parseChallenge, message: challenge },
  hello: {
    parse: parseHello,
    message: await createHello(challenge, client, {
      numExamples: 600,
      software: "headwater/0.1.0 node",
      device,
      invitation,
    }),
  },
  welcome: {
    parse: parseWelcome,
    message: { runId, plan, planHash: hashOfPlan, model, modelHash, round: 7, phase: "idle", keyEpoch: 1 },
  },
  plan: {
    parse: parseRunPlan,
    message: {
      ...plan,
      cohort: {
        ...plan.cohort,
        sampler: {
          kind: "oort",
          exploration: 0.8,
          explorationDecay: 0.95,
          minExploration: 0.1,
          preferredDurationMs: 30_000,
          durationPenalty: 1,
        },
        eligibility: {
          charging: true,
          idle: true,
          unmetered: true,
          minBandwidthKbps: 500,
          minExamples: 20,
          unknown: "allow",
        },
        pacing: { minIntervalMs: 60_000 },
      },
      local: {
        ...plan.local,
        optimizer: { ...plan.local.optimizer, momentum: 0.9, weightDecay: 0.0001 },
        schedule: { kind: "exponential", factor: 0.99 },
        clip: { kind: "norm", bound: 5 },
        perExampleClipNorm: 0.5,
        penalties: { l1: 0.001, l2: 0.01, proximal: 0.1 },
      },
    },
  },
  offer: { parse: parseOffer, message: offer },
  round: {
    parse: parseRoundProgress,
    message: { round: 7, attempt: 0, phase: "collecting", cohort: 10, goal: 10, accepted: 3, remainingMs: 59_000 },
  },
  commit: {
    parse: parseCommit,
    message: { round: 7, attempt: 0, paramsHash, metrics, ...signed(commitRecordBytes) },
  },
  reject: {
    parse: parseReject,
    message: { code: "ROUND_CLOSED", message: "round 7 is closed", retryAfterMs: 0, ticket: offer.ticket },
  },
  pace: {
    parse: parsePace,
    message: { reason: "not-eligible", message: "this run asks for a device that is charging", retryAfterMs: 600_000 },
  },
  device: { parse: parseDeviceFacts, message: device },
  accept: { parse: parseAccept, message: { ticket: offer.ticket } },
  decline: { parse: parseDecline, message: { ticket: offer.ticket } },
  submit: { parse: parseSubmit, message: update.submit },
  chunk: { parse: parseChunk, message: { ticket: offer.ticket, offset: 0, bytes: update.payload } },
  params: { parse: parseParamsRequest, message: { hash: paramsHash, offset: 131_072 } },
  rotate: { parse: parseRotate, message: await createRotate({ runId, coordinatorKey, keyEpoch: 1 }, client, stranger) },
  leave: { parse: parseLeave, message: {} },
  ack: { parse: parseAck, message: { ok: true } },
  refusal: {
    parse: parseAck,
    message: { ok: false, code: "RATE_LIMITED", message: "too many offers declined", retryAfterMs: 1000 },
  },
  offsetAck: { parse: parseUploadAck, message: { ok: true, offset: 0 } },
  paramsAck: { parse: parseParamsAck, message: { ok: true, totalBytes: 131_080, bytes: new Uint8Array(8) } },
  receiptAck: { parse: parseUploadAck, message: { ok: true, receipt: signed(receiptRecord) } },
} as const satisfies Record<string, { parse: (input: unknown) => unknown; message: Readonly<Record<string, unknown>> }>;

export type SampleName = keyof typeof SAMPLES;
