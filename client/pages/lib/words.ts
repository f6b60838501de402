import type { CohortMember, LiveStatus, RunEvent, RunFacts, RunSummary } from "headwater";
import type { Leaving } from "headwater/client";
import { formatCount, formatDuration, formatFingerprint } from "./format.ts";

type MemberState = CohortMember["state"];

/** What each state of a member is called, and what it means; in the order in which a client goes through them. */
export const MEMBER_WORDS: Readonly<Record<MemberState, string>> = {
  invited: "invited",
  training: "training",
  uploading: "uploading",
  accepted: "accepted",
  late: "too late for this round",
  rejected: "rejected",
  declined: "declined this round",
  dropped: "connection lost",
};

export const MODEL_WORDS: Readonly<Record<string, string>> = {
  "2nn": "2NN, two hidden layers",
  "softmax-regression": "softmax regression",
};

/** The protection of single updates, in one word and one sentence. */
export function protectionOf(run: RunFacts): { readonly word: string; readonly sentence: string } {
  if (run.privacy === "none") {
    return {
      word: "plain",
      sentence:
        "The coordinator sees each update by itself, and an update can reveal something about the rows behind it.",
    };
  }
  return { word: run.privacy, sentence: `Updates are protected by ${run.privacy}.` };
}

export function retentionSentence(run: RunFacts): string {
  return run.retention === "all"
    ? "Updates are kept with the run, so that anybody with its journal can recompute every model."
    : "Updates are deleted once their round is committed; their signed headers stay.";
}

const FIGURE_WORDS: Readonly<Record<string, string>> = {
  startLoss: "the loss on your rows before training",
  numSteps: "how many steps the training took",
};

const DEVICE_WORDS: Readonly<Record<Leaving["device"][number], string>> = {
  charging: "whether this device is charging",
  idle: "whether you are using it",
  unmetered: "whether its network is metered",
  downlinkKbps: "how fast its network is",
};

/** What a round sends beside the numbers: "how many rows you have, your training loss and your public key". */
export function besideNumbers({ figures, isJudged, device }: Leaving): string {
  const told = [
    "how many rows you have",
    "your training loss",
    ...figures.map((name) => FIGURE_WORDS[name] ?? name),
    ...(isJudged ? ["how well the model did on rows of yours that are held out"] : []),
    ...device.map((name) => DEVICE_WORDS[name]),
  ];
  return `${told.join(", ")} and your public key`;
}

/** Where the round stands, for people. */
export function phaseSentence(live: LiveStatus, run: RunFacts): string {
  if (live.isPaused) {
    const why = live.pauseReason === undefined ? "" : ` (${live.pauseReason})`;
    return `Paused${why}: no round opens until the coordinator goes on; nothing that was accepted is lost`;
  }
  const accepted = live.members.filter(({ state }) => state === "accepted").length;
  const attempt = live.attempt > 0 ? `, attempt ${live.attempt + 1}` : "";
  switch (live.phase) {
    case "idle":
      return live.numConnected === 0 ? "Waiting for clients to join" : "Waiting for enough clients to join";
    case "announced":
      return `Inviting ${formatCount(live.members.length)} clients${attempt}`;
    case "collecting":
      return `Collecting: ${formatCount(accepted)} of ${formatCount(goalOf(live, run))} updates${attempt}`;
    case "sealed":
      return "Adding the updates up";
    case "aggregated":
      return "Writing the new model down";
    case "committed":
      return "Committed; the next round opens";
    case "aborted":
      return "Too few updates in time; the round opens again";
    case "finished":
      return live.endReason === undefined ? "The run is finished" : `The run is finished: ${live.endReason}`;
    case "stopped": {
      const why = live.endReason === undefined ? "" : ` (${live.endReason})`;
      return `The run was stopped for good${why}; its last model stays here to be tried`;
    }
  }
}

/** Where a run of a list stands, in a word. */
export function stateWord({ phase, isPaused }: Pick<RunSummary, "phase" | "isPaused">): string {
  if (phase === "finished" || phase === "stopped") return phase;
  return isPaused ? "paused" : "running";
}

/** Who may take part, in a sentence. */
export function identitySentence(run: RunFacts): string {
  if (run.identity === "token") return "By invitation: each lets one device in.";
  if (run.identity === "enrolled") return "Devices whose key the operator has put on a signed list.";
  return "Anyone: one person can take part under many keys.";
}

/** Updates that this round can come to: a small cohort closes it before the plan's goal is met. */
export function goalOf(live: LiveStatus, run: RunFacts): number {
  return Math.min(run.goal, live.members.length || run.goal);
}

/** One line of the list of last events. */
export function eventSentence({ kind, round, client, reason }: RunEvent): string {
  const who = client === undefined ? "A client" : `Client ${shortName(client)}`;
  const which = round === undefined ? "" : ` ${formatCount(round + 1)}`;
  switch (kind) {
    case "client-joined":
      return `${who} joined`;
    case "client-left":
      return `${who} left`;
    case "round-opened":
      return `Round${which} opened`;
    case "update-accepted":
      return `${who}: update accepted`;
    case "update-late":
      return `${who} was too late for round${which}`;
    case "update-rejected":
      return `${who}: update rejected${reason ? ` (${reason})` : ""}`;
    case "round-committed":
      return `Round${which} committed`;
    case "round-aborted":
      return `Round${which} did not come together${reason ? ` (${reason})` : ""}`;
    case "run-finished":
      return "The run is finished";
    case "resumed":
      return "The coordinator came back and went on";
  }
}

/** A client by the first eight digits of its key. */
export function shortName(client: string): string {
  return formatFingerprint(client.slice(0, 8));
}

/** Rounds are counted from 0 on the wire and from 1 for people. */
export function roundTitle(round: number, run: RunFacts): string {
  const n = formatCount(run.numRounds === null ? round + 1 : Math.min(round + 1, run.numRounds));
  return run.numRounds === null ? `Round ${n}` : `Round ${n} of ${formatCount(run.numRounds)}`;
}

/** "12 s left", or nothing once the time is over. */
export function timeLeft(live: LiveStatus, elapsedMs: number): string {
  if (live.deadlineInMs === null) return "";
  const leftMs = live.deadlineInMs - elapsedMs;
  return leftMs <= 0 ? "time is up" : `${formatDuration(Math.ceil(leftMs / 1000) * 1000)} left`;
}
