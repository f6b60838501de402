import type { ClientUpdate } from "../../shared/train/clientHalf.ts";
import type { Evaluation } from "../../shared/train/localTrainer.ts";
import type { Handed } from "./handed.ts";
import type { ClientJudgements, Judgement } from "./judgement.ts";

/** One client's training in one round, identified by the ticket that it answers. */
export interface TrainJob {
  readonly ticket: string;
  readonly client: number;
  /** In which it was offered. */
  readonly round: number;
  readonly handed: Handed;
  /** Passes over the client's rows; those of the local plan when absent. */
  readonly epochs?: number | undefined;
  /** Virtual time at which the result is needed: jobs that are needed first are started first. */
  readonly dueMs: number;
}

/** A client whose own model is to be judged. */
export interface JudgedOwner {
  readonly client: number;
  readonly handed: Handed;
}

/**
 * Where virtual clients really train. The result of a job depends on what the client was handed, what it has kept, and the
 * round alone, never on who ran it or when, so every pool gives the same bytes.
 */
export interface TrainingPool {
  /** Resolves once training could begin at once. */
  ready(): Promise<void>;
  submit(job: TrainJob): void;
  /** The result is not wanted any more; the job is not started if it has not been yet. A taken one stays. */
  cancel(ticket: string): void;
  /**
   * The result of a submitted job. Its delta may be overwritten once it is released.
   * @throws RangeError if the training diverged.
   */
  take(ticket: string): ClientUpdate | Promise<ClientUpdate>;
  /** A taken result has arrived: what its training ended with is what the client goes on with, now or with the commit. */
  keep(ticket: string): void;
  /** The attempt that results arrived for is committed, or aborted. */
  settle(isCommitted: boolean): void;
  release(ticket: string): void;
  /**
   * These shared params, with the private ones that the model begins with, on the whole test set.
   * @throws TypeError if there is none.
   */
  evaluate(params: Float32Array): Promise<Evaluation & Pick<Judgement, "states">>;
  /** Each client's own model on the rows that the client holds out; clients without any are left out. */
  evaluateClients(clients: readonly JudgedOwner[]): Promise<ClientJudgements>;
  close(): Promise<void>;
}
