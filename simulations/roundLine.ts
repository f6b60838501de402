import type { ContentHash } from "../shared/base/hash.ts";

/**
 * One committed round, as `--json` and rounds.jsonl show it. `seconds` and `virtualSeconds` are timing fields: they
 * depend on the machine and on the drawn devices; everything else is a function of the experiment and its seed.
 */
export interface RoundLine {
  readonly round: number;
  /** Clients selected. */
  readonly cohort: number;
  /** Updates in the commit. */
  readonly accepted: number;
  /** Share of the test set classified correctly; absent where it was not evaluated. */
  readonly testAccuracy?: number;
  /** Mean loss over the test set; absent where it was not evaluated. */
  readonly testLoss?: number;
  /**
   * Mean over clients of the share that each one's own model (its private params included) gets right of the rows that it
   * holds out; absent where clients hold none out, or did not judge.
   */
  readonly clientTestAccuracy?: number;
  /** Mean over clients of the mean loss on those rows. */
  readonly clientTestLoss?: number;
  /** Clients that judged: those that an update arrived of so far. */
  readonly testedClients?: number;
  /** Mean loss over the accepted clients' examples, each at the moment it was trained on. */
  readonly trainLoss: number;
  /** Examples behind the accepted updates, each counted once. */
  readonly examples: number;
  /** Payload bytes of the updates sent and the params fetched in the round; headers and framing are not counted. */
  readonly uplinkBytes: number;
  readonly downlinkBytes: number;
  /** Real time, from selection to commit and evaluation. */
  readonly seconds: number;
  /** Time that the round takes on the virtual devices. */
  readonly virtualSeconds: number;
  /** Hash of the params after the round. */
  readonly paramsHash: ContentHash;
  /** Every metric of the round by its name: those above, and the experiment's as "test.<name>" and "clients.<name>". */
  readonly metrics: Readonly<Record<string, number>>;
}

/** The last line. */
export interface SummaryLine {
  readonly summary: true;
  /** Rounds committed. */
  readonly rounds: number;
  readonly stopped: "target" | "rounds" | "interrupted";
  readonly testAccuracy?: number;
  readonly testLoss?: number;
  readonly clientTestAccuracy?: number;
  readonly clientTestLoss?: number;
  readonly testedClients?: number;
  readonly uplinkBytes: number;
  readonly downlinkBytes: number;
  /** Real time from the first round's start to the last commit and its evaluation. */
  readonly seconds: number;
  /** Accepted updates ÷ seconds. */
  readonly clientRoundsPerSecond: number;
  readonly paramsHash: ContentHash;
}

/** Named fields that may differ between two runs of one experiment. */
export const TIMING_FIELDS = ["seconds", "virtualSeconds", "clientRoundsPerSecond"] as const;
