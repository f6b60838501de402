import type { Activity } from "./activity.ts";
import type { Assignments } from "./assignments.ts";
import type { ByteCounter } from "./byteCounter.ts";
import type { Clients } from "./clients.ts";
import type { GlobalModel } from "./globalModel.ts";
import type { MemberPresence } from "./memberPresence.ts";
import type { PublishedParams } from "./publishedParams.ts";
import type { RoundEffect, RoundEvent, RoundState } from "./roundState.ts";
import type { RoundSummaries } from "./roundSummaries.ts";
import type { CoordinatorPorts, CoordinatorTiming, Run } from "./run.ts";
import type { RunControl } from "./runControl.ts";
import type { Uploads } from "./uploads.ts";

/** What the parts of a coordinator share: one run, its state, and the way to change it. */
export interface RoundContext {
  readonly run: Run;
  readonly ports: CoordinatorPorts;
  readonly timing: CoordinatorTiming;
  readonly model: GlobalModel;
  readonly control: RunControl;
  readonly clients: Clients;
  readonly assignments: Assignments;
  readonly uploads: Uploads;
  readonly presence: MemberPresence;
  readonly activity: Activity;
  readonly summaries: RoundSummaries;
  readonly bytes: ByteCounter;
  readonly published: Pick<PublishedParams, "add">;
  readonly pace: Pace;
  state(): RoundState;
  isFinished(): boolean;
  dispatch(event: RoundEvent): readonly RoundEffect[];
}

/** When rounds were opened, and when the next may be. Times are the clock's. */
export interface Pace {
  /** The first attempt of the round at hand. */
  openedAtMs: number;
  /** No round is opened before. */
  notBeforeMs: number;
  /** Attempts in a row that came to nothing. */
  failedAttempts: number;
}
