import type { ContentHash } from "../../shared/base/hash.ts";
import type { RunEnd } from "../store/runHistory.ts";
import type { Activity } from "./activity.ts";
import type { Clients } from "./clients.ts";
import type { RoundState } from "./roundState.ts";
import type { RoundSummaries } from "./roundSummaries.ts";
import type { Run } from "./run.ts";
import { isOpen } from "./transition.ts";

/** What others may read of a coordinator; the status is drawn from it. */
export interface CoordinatorView {
  readonly run: Run;
  readonly state: RoundState;
  readonly isFinished: boolean;
  /** Why no round is opened although clients may be there; undefined while all is well, and once the run is over. */
  readonly paused: string | undefined;
  /** The same for anybody: it names no path. */
  readonly pauseReason: string | undefined;
  /** Why the run is over before its last round. */
  readonly stopped: RunEnd | undefined;
  /** Milliseconds until the open collection's deadline. */
  readonly deadlineInMs: number | undefined;
  readonly clients: Clients;
  readonly activity: Activity;
  readonly summaries: RoundSummaries;
  readonly paramsHash: ContentHash;
  /** The params in their file format; in memory as long as they are the current ones. */
  readonly paramsBytes: Uint8Array;
  /** Since this process started. */
  readonly uplinkBytes: number;
  readonly downlinkBytes: number;
  isUploading(ticket: string): boolean;
}

/** Whether members may go on with their work: in an asynchronous run between rounds too. */
export function isAtWork({ state, isFinished }: Pick<CoordinatorView, "state" | "isFinished">): boolean {
  return isOpen(state) || (state.maxStaleness > 0 && !isFinished);
}
