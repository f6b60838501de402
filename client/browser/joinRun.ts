import { nobleSha256 } from "../../shared/base/nobleSha256.ts";
import { naclVerify } from "../../shared/crypto/naclEd25519.ts";
import type { Dataset } from "../../shared/data/dataset.ts";
import { parseInvitation } from "../../shared/protocol/invitation.ts";
import type { ClientEvent } from "../core/clientEvent.ts";
import { type ClientEnd, runClient } from "../core/clientRunner.ts";
import { httpParams } from "../core/fetchParams.ts";
import type { KeptReceipt } from "../core/keptReceipt.ts";
import type { ParamsOver } from "../core/paramsSource.ts";
import type { SessionState } from "../core/sessionState.ts";
import { socketConnection } from "../core/socketConnection.ts";
import { systemClock } from "../core/systemClock.ts";
import { workerTrainer } from "../core/workerTrainer.ts";
import { browserDevice } from "./browserDevice.ts";
import { type ClientDatabase, openDatabase } from "./database.ts";
import type { RunDescription } from "./describeRun.ts";
import { holdKey } from "./holdKey.ts";
import { type BrowserIdentity, openIdentity } from "./identity.ts";
import { erasePersonal, openPersonalDatabase, personalDatabase } from "./personalDatabase.ts";
import { listReceipts, receiptDatabase } from "./receiptDatabase.ts";
import { startWorker } from "./startWorker.ts";

export interface JoinOptions {
  /** Address of the coordinator. */
  readonly url: string;
  /** The person's own examples: they go to this page's worker and nowhere else. */
  readonly data: Dataset;
  /** Safetensors bytes of what the run's model has frozen (the base of its adapters); it goes to the page's worker. */
  readonly base?: Uint8Array;
  /** What the person was shown and agreed to; a coordinator that then shows another plan, model or key is refused. */
  readonly run?: RunDescription;
  /** A key of the caller's own; by default the one kept in this browser. */
  readonly identity?: BrowserIdentity;
  /** Whether params come over HTTP, the socket, or whichever works ("auto", when absent). */
  readonly paramsOver?: ParamsOver;
  /** Lets this key into a run by invitation: what the operator gave out, or the link with it. */
  readonly invitation?: string;
  readonly onEvent?: (event: ClientEvent) => void;
}

/** A taking part. Everything is safe to call at any time. */
export interface BrowserClient {
  readonly identity: BrowserIdentity;
  readonly state: SessionState;
  /** Stops training at once; stays connected and declines offers until `resume`. */
  pause(): void;
  resume(): void;
  /** Says goodbye; key and receipts stay for the next visit. */
  leave(): Promise<void>;
  /** Leaves, and erases key, receipts and what stays with the client from this browser. */
  forget(): Promise<void>;
  /** Receipts of this browser, of this run and earlier ones, oldest first. */
  receipts(): Promise<readonly KeptReceipt[]>;
  /** Settles when the client left or refused the coordinator. */
  readonly done: Promise<ClientEnd>;
}

/**
 * Takes part in a run from a page: trains in a Web Worker, signs with a key kept across visits, reconnects and resumes
 * by itself until `leave`. Nothing but signed deltas leaves the page.
 * @throws TypeError if the URL is none, Error if another tab of this browser takes part with the same key.
 */
export async function joinRun({
  url,
  data,
  base,
  run,
  identity,
  paramsOver,
  invitation,
  onEvent,
}: JoinOptions): Promise<BrowserClient> {
  const connect = socketConnection({ url });
  const database = await openDatabase().catch(() => undefined); // no storage: key and receipts last as long as the page
  const personal = await openPersonalDatabase().catch(() => undefined); // likewise
  const self = identity ?? (await openIdentity(database));
  const trainer = workerTrainer({ data, base, start: startWorker });
  const release = await holdKey(self.clientKey).catch((error: unknown) => {
    trainer.close();
    throw error;
  });
  const pins = run === undefined ? {} : pinsOf(run);
  const receipts = receiptDatabase(database);
  const client = runClient({
    ports: {
      connect,
      fetchParams: httpParams(url),
      trainer,
      signer: self.signer,
      verify: naclVerify,
      sha256: nobleSha256,
      receipts,
      personal: personalDatabase(personal, self.clientKey),
      device: browserDevice(),
      clock: systemClock,
      random: Math.random,
    },
    session: pins,
    numExamples: data.numExamples,
    software: "headwater browser",
    ...(invitation === undefined ? {} : { invitation: parseInvitation(invitation) }),
    ...(paramsOver === undefined ? {} : { paramsOver }),
    ...(onEvent === undefined ? {} : { onEvent }),
  });
  void client.done.then(release);
  const leave = async (): Promise<void> => {
    client.leave();
    await client.done;
  };
  return {
    identity: self,
    get state() {
      return client.state;
    },
    pause: client.pause,
    resume: client.resume,
    leave,
    async forget() {
      await leave();
      if (database !== undefined) await eraseAll(database);
      if (personal !== undefined) await erasePersonal(personal);
    },
    receipts: async () => (database === undefined ? [] : listReceipts(database)),
    done: client.done,
  };
}

function pinsOf({ status, planHash, modelHash }: RunDescription) {
  const { runId, coordinatorKey } = status.run;
  return { runId, coordinatorKey, planHash, modelHash };
}

async function eraseAll(database: ClientDatabase): Promise<void> {
  const transaction = database.transaction(["identity", "receipts"], "readwrite");
  await Promise.all([transaction.objectStore("identity").clear(), transaction.objectStore("receipts").clear()]);
  await transaction.done;
}
