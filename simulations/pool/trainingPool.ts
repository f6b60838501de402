import type { Evaluation } from "../../shared/train/localTrainer.ts";
import type { ClientJudgements, Judgement } from "./judgement.ts";
import type { StationUpdate } from "./station.ts";

/** One client's training in one round, identified by the ticket that it answers. */
export interface TrainJob {
  readonly ticket: string;
  readonly client: number;
  readonly round: number;
  /** Virtual time at which the result is needed: jobs that are needed first are started first. */
  readonly dueMs: number;
}

/**
 * Where virtual clients really train. The result of a job depends on the published params, the client, the personal params
 * that it has kept, and the round alone, never on who ran it or when, so every pool gives the same bytes.
 */
export interface TrainingPool {
  /** Resolves once training could begin at once. */
  ready(): Promise<void>;
  /**
   * Makes these the shared params [spec.sharedLength] of the jobs and evaluations to come. Jobs that were not taken are
   * dropped.
   */
  publish(params: Float32Array): Promise<void>;
  submit(job: TrainJob): void;
  /** The result is not wanted any more; the job is not started if it has not been yet. A taken one stays. */
  cancel(ticket: string): void;
  /**
   * The result of a submitted job. Its delta may be overwritten once it is released.
   * @throws RangeError if the training diverged.
   */
  take(ticket: string): StationUpdate | Promise<StationUpdate>;
  /** A taken result has arrived: the personal params that it ended with are the client's from now on. */
  keep(ticket: string): void;
  release(ticket: string): void;
  /**
   * The published params, with the private ones that the model begins with, on the whole test set.
   * @throws TypeError if there is none.
   */
  evaluate(): Promise<Evaluation & Pick<Judgement, "states">>;
  /** Each client's own model on the rows that the client holds out; clients without any are left out. */
  evaluateClients(clients: readonly number[]): Promise<ClientJudgements>;
  close(): Promise<void>;
}
