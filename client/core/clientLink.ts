import { assertNever } from "../../shared/base/assert.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { type ContentHash, fromHex, toHex } from "../../shared/base/hash.ts";
import { fingerprint } from "../../shared/crypto/identity.ts";
import { type Ack, parseAck } from "../../shared/protocol/ack.ts";
import { type Challenge, parseChallenge } from "../../shared/protocol/challenge.ts";
import { createHello } from "../../shared/protocol/checkHello.ts";
import { checkCommit, checkReceipt } from "../../shared/protocol/checkReceipt.ts";
import { checkWelcome } from "../../shared/protocol/checkWelcome.ts";
import { parseCommit } from "../../shared/protocol/commit.ts";
import type { CommitRecord } from "../../shared/protocol/commitRecord.ts";
import { checkOffer } from "../../shared/protocol/createOffer.ts";
import type { SignedUpdate } from "../../shared/protocol/createUpdate.ts";
import type { CoordinatorEvents } from "../../shared/protocol/events.ts";
import { parseOffer } from "../../shared/protocol/offer.ts";
import { parsePace } from "../../shared/protocol/pace.ts";
import type { ParamsRequest } from "../../shared/protocol/paramsRequest.ts";
import { receiptHash } from "../../shared/protocol/receipt.ts";
import { parseReject } from "../../shared/protocol/reject.ts";
import { parseRoundProgress, type RoundProgress } from "../../shared/protocol/roundProgress.ts";
import { ticketText } from "../../shared/protocol/ticket.ts";
import { parseUploadAck, type UploadAck } from "../../shared/protocol/uploadAck.ts";
import { parseWelcome, type Welcome } from "../../shared/protocol/welcome.ts";
import type { ClientEvent } from "./clientEvent.ts";
import type { ClientPorts } from "./clientPorts.ts";
import type { ClientWork } from "./clientWork.ts";
import type { Connection } from "./connection.ts";
import { createDeviceTeller } from "./deviceTeller.ts";
import { messageOf } from "./messageOf.ts";
import { createParamsSource, type ParamsOver } from "./paramsSource.ts";
import type { Agreement } from "./sealUpdate.ts";
import type { SessionEffect } from "./sessionEffect.ts";
import type { SessionEvent } from "./sessionEvent.ts";
import type { Answer } from "./sessionState.ts";
import { socketParams } from "./socketParams.ts";
import { type PreparedModel, UnfitError } from "./trainerPort.ts";

/** Effects that concern the connection. */
type LinkEffect = Extract<SessionEffect, { readonly type: "connect" | "disconnect" | `send-${string}` }>;

export interface ClientLink {
  perform(effect: LinkEffect): void;
  /** @throws TypeError before the first welcome. */
  agreed(): Agreement;
  /** Params by their hash, over HTTP or this link's connection. */
  readonly fetchParams: ReturnType<typeof createParamsSource>;
}

interface LinkOptions {
  readonly ports: ClientPorts;
  readonly numExamples: number;
  readonly software: string;
  readonly invitation?: Uint8Array;
  readonly paramsOver?: ParamsOver;
  readonly onEvent: (event: ClientEvent) => void;
  /** Its signature holds, and it is of this run. */
  readonly onCommit: (commit: CommitRecord) => void;
  readonly onProgress: (progress: RoundProgress) => void;
  readonly dispatch: (event: SessionEvent) => void;
  readonly work: Map<string, ClientWork>;
}

/**
 * Performs the session's connection effects: parses, checks and hashes what comes in, before the session hears of it.
 * A coordinator that breaks the protocol is disconnected, and tried again later like one that cannot be reached.
 */
export function createClientLink(options: LinkOptions): ClientLink {
  const { ports, onEvent, dispatch, work } = options;
  const { sha256, signer, trainer, verify } = ports;
  const teller = createDeviceTeller(ports.device);
  let current:
    | { readonly id: number; readonly connection: Connection; challenge?: Challenge; isWelcome?: boolean }
    | undefined;
  let agreement: Agreement | undefined;
  let prepared: { readonly modelHash: ContentHash; readonly model: PreparedModel } | undefined;

  function connect(id: number): void {
    // Messages are handled one after the other: an offer waits until the welcome before it has been checked.
    let tail = Promise.resolve();
    const connection = ports.connect({
      connected: () => dispatch({ type: "connected", connection: id }),
      message(name, payload) {
        tail = tail.then(async () => {
          try {
            if (current?.id === id) await receive(id, name, payload);
          } catch (error) {
            fail(id, error);
          }
        });
      },
      lost: (reason) => dispatch({ type: "connection-lost", connection: id, reason }),
    });
    current = { id, connection };
  }

  async function receive(id: number, name: keyof CoordinatorEvents, payload: unknown): Promise<void> {
    switch (name) {
      case "challenge":
        receiveChallenge(id, parseChallenge(payload));
        break;
      case "welcome":
        await receiveWelcome(id, parseWelcome(payload));
        break;
      case "offer":
        receiveOffer(id, payload);
        break;
      case "round": {
        const progress = parseRoundProgress(payload);
        options.onProgress(progress);
        onEvent({ kind: "round", progress });
        const { round, attempt, phase } = progress;
        dispatch({ type: "round", connection: id, round, attempt, phase });
        if (phase === "finished") onEvent({ kind: "finished" });
        break;
      }
      case "commit":
        receiveCommit(id, payload);
        break;
      case "reject": {
        const { ticket, ...reject } = parseReject(payload);
        const named = ticket === undefined ? {} : { ticket: ticketText(ticket) };
        dispatch({ type: "rejected", connection: id, ...reject, ...named });
        break;
      }
      case "pace":
        dispatch({ type: "pace", connection: id, pace: parsePace(payload) });
        break;
      default:
        assertNever(name);
    }
  }

  function receiveChallenge(id: number, challenge: Challenge): void {
    // One hello a connection: after a failed one the coordinator sends a new challenge, and we connect again instead.
    if (current === undefined || current.challenge !== undefined) return;
    current.challenge = challenge;
    const { protocolVersions, nonce, runId, coordinatorKey } = challenge;
    const shown = { protocolVersions, nonce: toHex(nonce), runId, coordinatorKey: toHex(coordinatorKey) };
    dispatch({ type: "challenge", connection: id, challenge: shown });
  }

  async function receiveWelcome(id: number, welcome: Welcome): Promise<void> {
    const challenge = current?.challenge;
    if (challenge === undefined) throw new ProtocolError("MALFORMED", "a welcome before any challenge");
    const { plan, planHash, modelHash, round } = welcome;
    try {
      checkWelcome(challenge, welcome, sha256);
      if (prepared?.modelHash !== modelHash) {
        prepared = { modelHash, model: await trainer.prepare(welcome.model, plan) };
      }
    } catch (error) {
      if (!(error instanceof ProtocolError || error instanceof UnfitError)) throw error;
      const code = error instanceof ProtocolError ? error.code : "SHAPE_MISMATCH";
      dispatch({ type: "unacceptable", connection: id, code, message: messageOf(error) });
      return;
    }
    const { coordinatorKey } = challenge;
    const { model } = prepared;
    if (agreement === undefined) {
      onEvent({
        kind: "run",
        plan,
        planHash,
        model,
        modelDocument: welcome.model,
        coordinatorKey: toHex(coordinatorKey),
        fingerprint: fingerprint(coordinatorKey),
      });
    }
    agreement = { plan, planHash, modelHash, coordinatorKey, keyEpoch: welcome.keyEpoch ?? 0 };
    if (current?.id === id) current.isWelcome = true;
    const { maxStaleness } = plan;
    const { epochs } = plan.local;
    const run = { runId: plan.runId, planHash, modelHash, numParams: model.numParams, epochs, maxStaleness };
    dispatch({ type: "welcome", connection: id, run, round, phase: welcome.phase });
    perform({ type: "send-device", connection: id });
    if (welcome.phase === "finished") onEvent({ kind: "finished" });
  }

  function receiveOffer(id: number, payload: unknown): void {
    // Work is kept for each offer until it is answered, which needs a welcome: without one they would pile up.
    if (current?.isWelcome !== true) throw new ProtocolError("MALFORMED", "an offer before any welcome");
    const offer = parseOffer(payload);
    const { handouts } = checkOffer(offer, agreed().plan, prepared?.model.numParams ?? offer.numParams, sha256);
    const ticket = ticketText(offer.ticket);
    if (!work.has(ticket)) work.set(ticket, { offer, handouts, abort: new AbortController() });
    const { manifest: _manifest, ...facts } = offer;
    dispatch({ type: "offer", connection: id, offer: { ...facts, ticket } });
  }

  function receiveCommit(id: number, payload: unknown): void {
    const commit = parseCommit(payload);
    const { plan, planHash, coordinatorKey } = agreed();
    const record = checkCommit(commit, { runId: plan.runId, coordinatorKey, planHash }, { verify, sha256 });
    const { round, attempt, paramsHash, metrics } = commit;
    options.onCommit(record);
    onEvent({ kind: "metrics", round, metrics, headerHashes: record.headerHashes, commit });
    dispatch({ type: "commit", connection: id, round, attempt, paramsHash });
  }

  function perform(effect: LinkEffect): void {
    const { connection: id } = effect;
    if (effect.type === "connect") connect(id);
    else if (current?.id === id) void performOn(current.connection, effect);
  }

  /** Settles when the effect is done and answered; never rejects. */
  async function performOn(
    connection: Connection,
    effect: Exclude<LinkEffect, { readonly type: "connect" }>,
  ): Promise<void> {
    const { connection: id } = effect;
    switch (effect.type) {
      case "disconnect":
        current = undefined;
        connection.close();
        break;
      case "send-hello":
        return sendHello(id, connection);
      case "send-device":
        return sendDevice(id, connection);
      case "send-accept":
        return send(id, connection, "accept", effect.ticket);
      case "send-decline":
        work.delete(effect.ticket);
        return send(id, connection, "decline", effect.ticket);
      case "send-leave":
        connection.call("leave", {}).catch(() => undefined); // nobody waits for the answer
        break;
      case "send-submit":
        return upload("submit-answered", effect, ({ submit }) => connection.call("submit", submit));
      case "send-chunk": {
        const { offset, length } = effect;
        return upload("chunk-answered", effect, ({ payload }, ticket) =>
          connection.call("chunk", { ticket, offset, bytes: payload.subarray(offset, offset + length) }),
        );
      }
      default:
        assertNever(effect);
    }
  }

  async function sendHello(id: number, connection: Connection): Promise<void> {
    const challenge = current?.challenge;
    if (challenge === undefined) return;
    const { numExamples, software, invitation } = options;
    try {
      const device = teller.news(id, agreement?.plan.cohort);
      const isKnown = agreement !== undefined;
      const about = {
        numExamples,
        software,
        ...(device && { device }),
        ...(invitation && !isKnown && { invitation }),
      };
      const hello = await createHello(challenge, signer, about);
      refusedOr(id, parseAck(await connection.call("hello", hello)));
    } catch (error) {
      if (error instanceof ProtocolError && error.code !== "MALFORMED") {
        dispatch({ type: "unacceptable", connection: id, code: error.code, message: error.message });
      } else {
        fail(id, error);
      }
    }
  }

  async function sendDevice(id: number, connection: Connection): Promise<void> {
    const device = teller.news(id, agreement?.plan.cohort);
    if (device === undefined) return;
    try {
      refusedOr(id, parseAck(await connection.call("device", device)));
    } catch (error) {
      fail(id, error);
    }
  }

  async function send(id: number, connection: Connection, event: "accept" | "decline", ticket: string): Promise<void> {
    try {
      const ack = parseAck(await connection.call(event, { ticket: fromHex(ticket) }));
      // A decline that is refused changes nothing: the ticket was given up anyway.
      if (event === "accept") refusedOr(id, ack, ticket);
    } catch (error) {
      fail(id, error);
    }
  }

  function refusedOr(id: number, ack: Ack, ticket?: string): void {
    if (ack.ok) return;
    const { ok: _ok, ...refusal } = ack;
    dispatch({ type: "rejected", connection: id, ...refusal, ...(ticket === undefined ? {} : { ticket }) });
  }

  async function upload(
    type: "submit-answered" | "chunk-answered",
    effect: { readonly connection: number; readonly ticket: string; readonly upload: number },
    call: (update: SignedUpdate, ticket: Uint8Array) => Promise<unknown>,
  ): Promise<void> {
    const job = work.get(effect.ticket);
    try {
      if (job?.update === undefined) throw new TypeError("the update to send is gone");
      const ack = parseUploadAck(await call(job.update, job.offer.ticket));
      dispatch({ type, upload: effect.upload, answer: answerOf(job, job.update, ack) });
    } catch (error) {
      fail(effect.connection, error);
    }
  }

  /** Checks a receipt as it arrives; the session learns only whether it holds. */
  function answerOf(job: ClientWork, update: SignedUpdate, ack: UploadAck): Answer {
    if (!ack.ok || "offset" in ack) return ack;
    const { plan, coordinatorKey } = agreed();
    const { round, attempt } = job.offer;
    const { headerHash, payload } = update;
    const expected = { runId: plan.runId, coordinatorKey, clientKey: signer.publicKey, round, attempt, headerHash };
    try {
      const { journalSeq } = checkReceipt(ack.receipt, expected, verify);
      job.receipt = { signed: ack.receipt, hash: receiptHash(ack.receipt.record, sha256), journalSeq };
      return { ok: true, offset: payload.length, receipt: { headerHash, valid: true } };
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      onEvent({ kind: "warning", message: `the receipt does not hold: ${error.message}` });
      return { ok: true, offset: payload.length, receipt: { headerHash, valid: false } };
    }
  }

  /** No answer in time, or one that is none: the connection is of no more use. */
  function fail(id: number, error: unknown): void {
    dispatch({ type: "connection-lost", connection: id, reason: messageOf(error) });
  }

  function agreed(): Agreement {
    if (agreement === undefined) throw new TypeError("expected a welcome before any work");
    return agreement;
  }

  async function ask(request: ParamsRequest): Promise<unknown> {
    if (current?.isWelcome !== true) throw new Error("not connected");
    return current.connection.call("params", request);
  }

  const fetchParams = createParamsSource({
    over: options.paramsOver ?? "auto",
    http: ports.fetchParams,
    socket: socketParams({ ask, clock: ports.clock, random: ports.random }),
    sha256,
  });
  return { perform, agreed, fetchParams };
}
