import type { Dataset } from "headwater";
import { type BrowserClient, type ClientEvent, joinRun, type KeptReceipt, type RunDescription } from "headwater/client";
import { coordinatorUrl, linkInvitation } from "./coordinatorUrl.ts";
import { formatCount } from "./format.ts";

/** What this device is doing. `left` and `refused` are the ends; from both one can join again. */
export type Stage =
  | "idle"
  | "connecting"
  | "waiting"
  | "fetching"
  | "training"
  | "uploading"
  | "paused"
  | "reconnecting"
  | "left"
  | "refused";

/** The local loss at one moment of training; `step` goes on counting from round to round. */
export interface LossPoint {
  readonly step: number;
  readonly loss: number;
}

const MOST_POINTS = 400;

/** This page's own part in the run: the SDK's events as state that components draw. */
export class Participation {
  stage: Stage = $state("idle");
  /** Part of the local training (or upload) that is done, 0..1. */
  done = $state(0);
  /** The round at hand, from 0. */
  round: number | undefined = $state();
  losses: readonly LossPoint[] = $state.raw([]);
  /** Of this visit, oldest first; each one is kept in this browser too. */
  receipts: readonly KeptReceipt[] = $state.raw([]);
  /** 64 hex digits, once known. */
  publicKey: string | undefined = $state();
  /** Scripts of this page could copy the key: plain http, or an older browser. */
  isKeyWeak = $state(false);
  /** The key is there again at the next visit. */
  isKeyKept = $state(true);
  /** The last thing worth a sentence: why it waits, what was refused. */
  note = $state("");
  /** For screen readers: one sentence a round. */
  announcement = $state("");

  /** What the operator of a run by invitation gave out; from the link, or typed in. */
  invitation = $state(linkInvitation);

  #client: BrowserClient | undefined;
  #steps = 0;
  #isPaused = false;

  get isJoined(): boolean {
    return !["idle", "left", "refused"].includes(this.stage);
  }

  /** `agreed` is what the person was shown: a coordinator that then shows another run is refused by the SDK. */
  async join(data: Dataset, agreed: RunDescription): Promise<void> {
    this.stage = "connecting";
    this.note = "";
    this.#isPaused = false;
    try {
      this.#client = await joinRun({
        url: coordinatorUrl,
        data,
        run: agreed,
        ...(this.invitation.trim() && { invitation: this.invitation }),
        onEvent: (event) => this.#take(event),
      });
      const { clientKey, protection, persisted } = this.#client.identity;
      this.publicKey = clientKey;
      this.isKeyWeak = protection !== "non-extractable";
      this.isKeyKept = persisted;
    } catch (error) {
      this.stage = "refused";
      this.note = error instanceof Error ? error.message : String(error);
    }
  }

  pause(): void {
    this.#client?.pause();
  }

  resume(): void {
    this.#client?.resume();
  }

  leave(): void {
    void this.#client?.leave();
  }

  /** Leaves, and deletes this browser's key and receipts. */
  async forget(): Promise<void> {
    await this.#client?.forget();
    this.#client = undefined;
    this.stage = "idle";
    this.receipts = [];
    this.losses = [];
    this.publicKey = undefined;
    this.note = "Your key and your receipts are gone from this browser.";
  }

  #take(event: ClientEvent): void {
    switch (event.kind) {
      case "joined":
        this.#enter("waiting");
        this.announcement = "You joined the run.";
        break;
      case "reconnecting":
        this.#enter("reconnecting", `Trying again within ${Math.ceil(event.maxWaitMs / 1000)} s: ${event.reason}.`);
        break;
      case "refused":
        this.#enter("refused", `${event.message} (${event.code})`);
        this.announcement = `The coordinator refused: ${event.message}`;
        break;
      case "left":
        this.#enter("left");
        this.announcement = "You left the run.";
        break;
      case "offered":
        this.round = event.offer.round;
        this.#enter("fetching");
        break;
      case "training":
        this.done = 0;
        this.#enter("training");
        break;
      case "progress":
        this.done = event.progress.stepsDone / event.progress.stepsTotal;
        this.#addLoss(event.progress.loss);
        break;
      case "uploading":
        this.done = 0;
        this.#enter("uploading");
        break;
      case "uploaded":
        this.done = event.bytesDone / event.bytesTotal;
        break;
      case "kept":
        this.receipts = [...this.receipts, event.receipt];
        this.announcement = `Your update for round ${formatCount(event.receipt.round + 1)} was accepted.`;
        break;
      case "receipt":
        this.#enter("waiting");
        break;
      case "abandoned":
      case "declined":
        if (this.isJoined) this.#enter("waiting", this.#isPaused ? "" : sentence(event.reason));
        break;
      case "paused":
        this.#isPaused = true;
        if (this.stage !== "uploading") this.#enter("waiting");
        this.announcement = "Paused.";
        break;
      case "resumed":
        this.#isPaused = false;
        this.#enter("waiting");
        this.announcement = "Taking part again.";
        break;
      case "paced": {
        const { message, retryAfterMs } = event.pace;
        if (event.leaves)
          this.#enter("waiting", `${sentence(message)} Back in ${Math.ceil(retryAfterMs / 60_000)} min.`);
        else this.note = sentence(message);
        break;
      }
      case "rejected":
      case "retrying":
      case "warning":
        this.note = sentence(event.message);
        break;
    }
  }

  /** Whoever paused is not waiting for an invitation; an update that was on its way then is still delivered. */
  #enter(stage: Stage, note = ""): void {
    this.stage = stage === "waiting" && this.#isPaused ? "paused" : stage;
    this.note = note;
  }

  #addLoss(loss: number): void {
    this.#steps++;
    this.losses = [...this.losses.slice(1 - MOST_POINTS), { step: this.#steps, loss }];
  }
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}
