import type { ContentHash } from "../../shared/base/hash.ts";
import type { SignedCommit } from "../../shared/protocol/commit.ts";
import type { Metrics } from "../../shared/protocol/metrics.ts";
import type { RoundProgress } from "../../shared/protocol/roundProgress.ts";
import type { RunPlan } from "../../shared/protocol/runPlan.ts";
import type { TrainProgress } from "../../shared/train/localTrainer.ts";
import type { KeptReceipt } from "./keptReceipt.ts";
import type { SessionReport } from "./sessionEffect.ts";
import type { PreparedModel } from "./trainerPort.ts";

/** What a client tells whoever watches it: the session's reports and what only the performer of its effects sees. */
export type ClientEvent =
  | SessionReport
  /** The run as checked, before any training; `fingerprint` is the coordinator's key for the eye. */
  | {
      readonly kind: "run";
      readonly plan: RunPlan;
      readonly planHash: ContentHash;
      readonly model: PreparedModel;
      readonly modelDocument: Readonly<Record<string, unknown>>;
      readonly coordinatorKey: string;
      readonly fingerprint: string;
    }
  | { readonly kind: "progress"; readonly round: number; readonly progress: TrainProgress }
  | { readonly kind: "trained"; readonly round: number; readonly numExamples: number; readonly trainLoss: number }
  | { readonly kind: "round"; readonly progress: RoundProgress }
  | { readonly kind: "kept"; readonly receipt: KeptReceipt }
  /** The signed commit of a round: its figures and which updates are in it. */
  | {
      readonly kind: "metrics";
      readonly round: number;
      readonly metrics: Metrics;
      readonly headerHashes: readonly ContentHash[];
      /** As it was signed. */
      readonly commit: SignedCommit;
    }
  /** The run has had all its rounds: there is nothing left to wait for. */
  | { readonly kind: "finished" }
  /** Something that does not stop the client but that a person should know. */
  | { readonly kind: "warning"; readonly message: string };
