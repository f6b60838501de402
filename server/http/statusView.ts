import { toHex } from "../../shared/base/hash.ts";
import type { Model } from "../../shared/models/model.ts";
import type { AggregationPlan } from "../../shared/protocol/aggregationPlan.ts";
import { DEFAULT_OBJECTIVE, type Objective } from "../../shared/protocol/evaluationPlan.ts";
import { identityMode } from "../../shared/protocol/identityPlan.ts";
import type { CohortMember, LiveStatus, RunFacts, RunStatus } from "../../shared/protocol/runStatus.ts";
import { RUN_STATUS_FORMAT } from "../../shared/protocol/runStatus.ts";
import { publicName } from "../rounds/activity.ts";
import { type CoordinatorView, isAtWork } from "../rounds/coordinatorView.ts";
import type { Member } from "../rounds/roundState.ts";
import type { Run } from "../rounds/run.ts";
import { isOpen } from "../rounds/transition.ts";

/** Members listed; a larger cohort is counted but not listed one by one. */
const MAX_MEMBERS = 1000;

export interface SampleFacts {
  readonly name: string;
  readonly numShards: number;
}

/** What never changes while the run lasts. */
export function runFacts(
  run: Run,
  coordinatorKey: Uint8Array,
  model: Pick<Model, "document" | "outputSize">,
  sample: SampleFacts | null,
): RunFacts {
  const { plan, planHash, modelHash, numParams } = run;
  const { epochs, batchSize, optimizer } = plan.local;
  return {
    runId: plan.runId,
    name: plan.name,
    model: model.document.name,
    numParams,
    inputShape: [...model.document.input.shape],
    outputSize: model.outputSize,
    modelHash,
    planHash,
    coordinatorKey: toHex(coordinatorKey),
    numRounds: plan.rounds,
    strategy: plan.strategy.kind,
    ...("client" in plan.strategy && plan.strategy.client && { clientHalf: plan.strategy.client.kind }),
    aggregation: aggregationText(plan.aggregation),
    codec: plan.codec,
    identity: identityMode(plan.identity),
    privacy: plan.privacy,
    retention: plan.retention,
    local: { epochs, batchSize, learningRate: optimizer.learningRate },
    goal: plan.cohort.size,
    quorum: plan.cohort.quorum,
    deadlineMs: plan.deadlineMs,
    maxWeight: plan.maxWeight,
    ...(plan.objective && { objective: objectiveFacts(plan.objective) }),
    sample,
  };
}

function objectiveFacts({ metric, goal, target }: Objective): RunFacts["objective"] {
  return { metric, goal, ...(target !== undefined && { target }) };
}

/** "norm-bound, nnm, trimmed-mean": what happens to the updates, in order. */
function aggregationText(aggregation: AggregationPlan): string {
  if (aggregation === "mean") return aggregation;
  return [...(aggregation.before ?? []), aggregation].map(({ kind }) => kind).join(", ");
}

export function runStatus(run: RunFacts, view: CoordinatorView): RunStatus {
  return { format: RUN_STATUS_FORMAT, run, live: liveStatus(view) };
}

/** What changes from second to second. */
export function liveStatus(view: CoordinatorView): LiveStatus {
  const { state, summaries } = view;
  return {
    round: state.round,
    attempt: state.attempt,
    phase: view.stopped?.isReached === false ? "stopped" : view.isFinished ? "finished" : state.phase,
    ...(view.stopped && { endReason: view.stopped.reason.slice(0, 500) }),
    isPaused: view.pauseReason !== undefined,
    ...(view.pauseReason !== undefined && { pauseReason: view.pauseReason.slice(0, 500) }),
    deadlineInMs: view.deadlineInMs ?? null,
    numConnected: view.clients.size,
    members: state.members.slice(0, MAX_MEMBERS).map((member) => cohortMember(member, view)),
    version: state.version,
    paramsHash: view.paramsHash,
    ...bestOf(view),
    totals: {
      updatesAccepted: summaries.updatesAccepted + (isOpen(state) ? state.numAnswered : 0),
      uplinkBytes: view.uplinkBytes,
      downlinkBytes: view.downlinkBytes,
    },
    events: [...view.activity.list()],
  };
}

function bestOf({ summaries, run }: CoordinatorView): Pick<LiveStatus, "best"> {
  const { best } = summaries;
  if (best === undefined) return {};
  const { metric } = run.plan.objective ?? DEFAULT_OBJECTIVE;
  return { best: { ...best, metric } };
}

function cohortMember(member: Member, view: CoordinatorView): CohortMember {
  const client = publicName(member.clientId);
  const reason = view.activity.rejection(member.clientId);
  const state = memberState(member, view, reason !== undefined);
  return state === "rejected" && reason !== undefined ? { client, state, reason } : { client, state };
}

function memberState({ status, ticket }: Member, view: CoordinatorView, isRejected: boolean): CohortMember["state"] {
  if (status === "answered" || status === "appending") return "accepted";
  if (status === "declined" || status === "dropped") return status;
  if (isRejected) return "rejected";
  if (!isAtWork(view) || status === "left-behind") return "late";
  if (view.isUploading(ticket)) return "uploading";
  return status === "offered" ? "invited" : "training";
}
