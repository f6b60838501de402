import { createHash } from "node:crypto";
import { type Sha256, toHex } from "../../shared/base/hash.ts";
import { naclVerify } from "../../shared/crypto/naclEd25519.ts";
import type { Signer } from "../../shared/crypto/signer.ts";
import type { Dataset } from "../../shared/data/dataset.ts";
import { parseInvitation } from "../../shared/protocol/invitation.ts";
import type { ClientEvent } from "../core/clientEvent.ts";
import { type ClientRunner, runClient } from "../core/clientRunner.ts";
import type { DevicePort } from "../core/devicePort.ts";
import { httpParams } from "../core/fetchParams.ts";
import { memoryReceipts, type ReceiptStore } from "../core/keptReceipt.ts";
import type { ParamsOver } from "../core/paramsSource.ts";
import { memoryPersonal, type PersonalStore } from "../core/personalStore.ts";
import type { SessionOptions } from "../core/sessionState.ts";
import { systemClock } from "../core/systemClock.ts";
import { createWitness } from "../core/witness.ts";
import { workerTrainer } from "../core/workerTrainer.ts";
import { fetchWithCa } from "./fetchWithCa.ts";
import { nodeConnection } from "./nodeConnection.ts";
import { startTrainingThread, TRAINING_WORKER_URL } from "./startTrainingThread.ts";

export interface JoinOptions {
  /** Address of the coordinator. */
  readonly url: string;
  /** Examples to train on: they stay in this process and its training thread. */
  readonly data: Dataset;
  /** The client's key: see `openIdentityFile`. */
  readonly signer: Signer;
  /** In memory when absent. */
  readonly receipts?: ReceiptStore;
  /** What of the model stays with this client from round to round; in memory when absent. */
  readonly personal?: PersonalStore;
  /** Safetensors bytes of what the run's model has frozen (the base of its adapters); it never travels. */
  readonly base?: Uint8Array;
  /** For callers that know something about the device: Node does not, and a run may refuse who cannot tell. */
  readonly device?: DevicePort;
  /** Pins and bounds: another coordinator key, run, plan or model than the pinned one is refused. */
  readonly session?: Partial<SessionOptions>;
  /** Name of this software, shown to the coordinator. */
  readonly software?: string;
  /** Whether params come over HTTP, the socket, or whichever works ("auto", when absent). */
  readonly paramsOver?: ParamsOver;
  /** PEM certificates that are trusted beside the well-known authorities, for a coordinator with one of its own. */
  readonly ca?: string;
  /** Lets this key into a run by invitation: what the operator gave out, or the link with it. */
  readonly invitation?: string;
  readonly onEvent?: (event: ClientEvent) => void;
  /** The built training thread, for callers that do not run from dist/. */
  readonly workerUrl?: URL;
}

const sha256: Sha256 = (bytes) => new Uint8Array(createHash("sha256").update(bytes).digest());

/**
 * Takes part in a run from Node: trains in a worker thread, reconnects and resumes by itself until `leave`.
 * @throws TypeError if the URL is none.
 */
export function joinRun(options: JoinOptions): ClientRunner {
  const { url, data, signer, onEvent = () => {}, workerUrl = TRAINING_WORKER_URL } = options;
  const receipts = options.receipts ?? memoryReceipts();
  const witness = createWitness({
    receipts,
    clientKey: toHex(signer.publicKey),
    sha256,
    warn: (message) => onEvent({ kind: "warning", message }),
  });
  return runClient({
    ports: {
      connect: nodeConnection({ url, ca: options.ca }),
      fetchParams: httpParams(url, fetchWithCa(options.ca)),
      trainer: workerTrainer({ data, base: options.base, start: () => startTrainingThread(workerUrl) }),
      signer,
      verify: naclVerify,
      sha256,
      receipts,
      personal: options.personal ?? memoryPersonal(),
      ...(options.device && { device: options.device }),
      clock: systemClock,
      random: Math.random,
    },
    session: options.session ?? {},
    numExamples: data.numExamples,
    software: options.software ?? "headwater node",
    ...(options.invitation === undefined ? {} : { invitation: parseInvitation(options.invitation) }),
    ...(options.paramsOver === undefined ? {} : { paramsOver: options.paramsOver }),
    onEvent(event) {
      void witness.hear(event);
      onEvent(event);
    },
  });
}
