import type { OpenConnection } from "../../../client/core/connection.ts";
import type { Run } from "../../../server/rounds/run.ts";
import { signCommit } from "../../../server/rounds/signCommit.ts";
import { type ContentHash, contentHash, toHex } from "../../../shared/base/hash.ts";
import { nobleSha256 } from "../../../shared/base/nobleSha256.ts";
import { createNaclSigner, naclVerify } from "../../../shared/crypto/naclEd25519.ts";
import { modelHash } from "../../../shared/models/modelHash.ts";
import { zooModel } from "../../../shared/models/zoo.ts";
import { refusalOf } from "../../../shared/protocol/ack.ts";
import type { Challenge } from "../../../shared/protocol/challenge.ts";
import { checkHello } from "../../../shared/protocol/checkHello.ts";
import {
  type UpdateExpectation,
  type VerifiedHeader,
  verifyUpdateHeader,
  verifyUpdatePayload,
} from "../../../shared/protocol/checkUpdate.ts";
import { parseChunk } from "../../../shared/protocol/chunk.ts";
import { commitHash } from "../../../shared/protocol/commitRecord.ts";
import { createOffer } from "../../../shared/protocol/createOffer.ts";
import { parseHello } from "../../../shared/protocol/hello.ts";
import { manifestHash } from "../../../shared/protocol/manifest.ts";
import type { Offer } from "../../../shared/protocol/offer.ts";
import { encodeReceipt } from "../../../shared/protocol/receipt.ts";
import { defineRunPlan, planHash, type RunPlan } from "../../../shared/protocol/runPlan.ts";
import { parseSubmit } from "../../../shared/protocol/submit.ts";
import type { SignedReceipt } from "../../../shared/protocol/uploadAck.ts";

const { document } = zooModel("softmax-regression");
export const PARAMS = Uint8Array.from({ length: 64 }, (_, i) => i);
const PARAMS_HASH = contentHash(nobleSha256, PARAMS);
export const NUM_PARAMS = 7850;

interface FakeOptions {
  /** Called for each message either way; true cuts the connection instead of delivering it. */
  readonly cut?: (direction: "in" | "out", name: string) => boolean;
  /** Changes what is sent, to play a coordinator that lies. */
  readonly tamper?: (name: string, payload: Record<string, unknown>) => Record<string, unknown>;
  readonly strategy?: RunPlan["strategy"];
}

type Attempt = Pick<Offer, "round" | "attempt">;

/**
 * A coordinator of one client and one assignment in memory, and more if told, built from the protocol's own checks. It
 * keeps uploads and receipts across connections, as the real one does.
 */
export function fakeCoordinator({ cut = () => false, tamper = (_, payload) => payload, strategy }: FakeOptions = {}) {
  const signer = createNaclSigner(new Uint8Array(32).fill(7));
  const coordinatorKey = signer.publicKey;
  const about = { runId: "5".repeat(32), name: "fake", modelHash: modelHash(document, nobleSha256) };
  const plan = defineRunPlan({ ...about, ...(strategy && { strategy }) });
  const hash = planHash(plan, nobleSha256);
  const offerOf = ({ round, attempt }: Attempt): Offer =>
    createOffer({
      round,
      attempt,
      ticket: new Uint8Array(16).fill(9 + 16 * round + attempt),
      baseParamsHash: PARAMS_HASH,
      baseVersion: round,
      deadlineMs: 60_000,
      numParams: NUM_PARAMS,
      paramsBytes: PARAMS.length,
    });
  let offer = offerOf({ round: 0, attempt: 0 });
  const submissions: string[] = [];
  let verified: VerifiedHeader | undefined;
  let payload = new Uint8Array();
  let receipt: SignedReceipt | undefined;
  let connections = 0;
  let left = false;
  let previousCommitHash: ContentHash | null = null;
  let tell: (name: "offer" | "commit" | "round", message: object) => void = () => {};

  const connect: OpenConnection = (handlers) => {
    connections++;
    let open = true;
    const challenge: Challenge = {
      protocolVersions: [1],
      nonce: new Uint8Array(32).fill(connections),
      runId: plan.runId,
      coordinatorKey,
    };
    let clientKey = new Uint8Array(32);
    const expected = (): UpdateExpectation => {
      const offerManifestHash = manifestHash(offer.manifest, nobleSha256);
      const currentVersion = offer.baseVersion;
      return { plan, planHash: hash, coordinatorKey, clientKey, offer, offerManifestHash, currentVersion };
    };

    const lose = (): void => {
      if (!open) return;
      open = false;
      queueMicrotask(() => handlers.lost("cut"));
    };
    const send = (name: "challenge" | "welcome" | "offer" | "commit" | "round", message: object): void => {
      if (!open) return;
      if (cut("out", name)) lose();
      else handlers.message(name, tamper(name, message as Record<string, unknown>));
    };
    const answer = async (name: string, message: unknown): Promise<Record<string, unknown>> => {
      switch (name) {
        case "hello": {
          const hello = parseHello(message);
          checkHello(challenge, hello, naclVerify);
          clientKey = Uint8Array.from(hello.publicKey);
          queueMicrotask(() => {
            send("welcome", {
              runId: plan.runId,
              plan,
              planHash: hash,
              model: document,
              modelHash: plan.modelHash,
              round: 0,
              phase: "collecting",
            });
            send("offer", offer);
          });
          return { ok: true };
        }
        case "submit": {
          const submit = parseSubmit(message);
          submissions.push(toHex(submit.header) + toHex(submit.signature));
          verified = verifyUpdateHeader(expected(), submit, { verify: naclVerify, sha256: nobleSha256 });
          return receipt === undefined ? { ok: true, offset: payload.length } : { ok: true, receipt };
        }
        case "chunk": {
          const { offset, bytes } = parseChunk(message);
          if (offset !== payload.length) return { ok: false, code: "UPLOAD_OUT_OF_ORDER", message: "gap" };
          payload = Uint8Array.from([...payload, ...bytes]);
          const { header, headerHash } = verified as VerifiedHeader;
          if (payload.length < header.payloadBytes) return { ok: true, offset: payload.length };
          verifyUpdatePayload(expected(), verified as VerifiedHeader, payload, nobleSha256);
          const record = encodeReceipt({
            version: 1,
            runId: plan.runId,
            coordinatorKey,
            clientKey,
            round: offer.round,
            attempt: offer.attempt,
            headerHash,
            journalSeq: 3,
          });
          receipt ??= { record, signature: await signer.sign(record) };
          return tamper("receipt", { ok: true, receipt });
        }
        default:
          left ||= name === "leave";
          return { ok: true };
      }
    };
    tell = send;
    queueMicrotask(() => {
      if (cut("out", "connect")) {
        lose();
        return;
      }
      handlers.connected();
      send("challenge", challenge);
    });
    return {
      async call(name, message) {
        if (!open) throw new Error("closed");
        if (cut("in", name)) {
          lose();
          throw new Error("cut");
        }
        const ack = await answer(name, message).catch(refusalOf);
        if (cut("out", `${name} ack`)) lose();
        if (!open) throw new Error("cut");
        return ack;
      },
      close() {
        open = false;
      },
    };
  };

  return {
    connect,
    plan,
    /** Asks for another training. */
    ask(attempt: Attempt) {
      offer = offerOf(attempt);
      payload = new Uint8Array();
      receipt = undefined;
      tell("offer", offer);
    },
    /** Tells of a commit with these updates, which follows the one before. */
    async commit({ round, attempt }: Attempt, headerHashes: readonly ContentHash[]) {
      const run = { plan, planHash: hash, modelHash: plan.modelHash } as Run;
      const hashes = { baseParamsHash: PARAMS_HASH, paramsHash: PARAMS_HASH, previousCommitHash, headerHashes };
      const facts = { round, attempt, commitNumber: round + 1, ...hashes, totalWeight: 1, metrics: {} };
      const commit = await signCommit(run, signer, nobleSha256, facts);
      previousCommitHash = commitHash(commit.record, nobleSha256);
      tell("commit", commit);
    },
    abort: (attempt: Attempt) =>
      tell("round", { ...attempt, phase: "aborted", cohort: 2, goal: 2, accepted: 1, remainingMs: null }),
    coordinatorKey,
    submissions,
    get receipt() {
      return receipt;
    },
    get connections() {
      return connections;
    },
    get left() {
      return left;
    },
  };
}
