import { ProtocolError } from "../../shared/base/errors.ts";
import type { SignedReceipt } from "../../shared/protocol/uploadAck.ts";
import { isMendable } from "../store/writeFailure.ts";
import type { Contribution } from "../strategies/strategy.ts";
import type { Assignment } from "./assignments.ts";
import { betweenRounds } from "./betweenRounds.ts";
import type { ParticipationHistory } from "./cohort/participationHistory.ts";
import { journalUpdate } from "./journalUpdate.ts";
import type { RoundContext } from "./roundContext.ts";
import { type AttemptRef, findMember, type RoundEffect } from "./roundState.ts";
import { storedDelta } from "./storedDelta.ts";
import type { VerifiedUpdate } from "./updateIntake.ts";

/** Wait for a coordinator that stores nothing until it was started again. */
const RESTART_MS = 30_000;

/** Takes verified updates into the round: state machine, disk, receipt, aggregate, in this order. */
export interface UpdateAcceptance {
  /** @throws ProtocolError if the update comes too late, cannot be stored now, or began at params that cannot be read. */
  accept(update: VerifiedUpdate): Promise<SignedReceipt>;
  /** Adds a durable update to the aggregate. */
  fold(effect: Extract<RoundEffect, { type: "fold" }>): void;
}

export function createUpdateAcceptance(context: RoundContext, history: ParticipationHistory): UpdateAcceptance {
  const { run, ports, timing, model, control, assignments, activity } = context;
  /** Between check and fold, by header hash. */
  const verified = new Map<string, Contribution>();
  /** Wait for what may mend by itself: within `uploadIdleMs`, for which all of an update but its last byte is kept. */
  const soonMs = Math.floor(timing.uploadIdleMs / 3);

  /** The params that an update began at cannot be read: it is refused, and the run goes on. */
  function refuseUnreadable({ clientId, ticket, offer }: Assignment, at: AttemptRef, cause: Error): ProtocolError {
    context.dispatch({ type: "append-failed", ...at, clientId });
    const { round, baseParamsHash: params } = offer;
    const facts = { client: clientId, round, params };
    ports.logger.error({ ...facts, reason: cause.message }, "the params that an update began at cannot be read");
    if (isMendable(cause)) {
      const wait = { cause, retryAfterMs: soonMs };
      return new ProtocolError("UNAVAILABLE", "what this update began at cannot be read now; try again later", wait);
    }
    context.dispatch({ type: "declined", clientId, ticket }); // else it had no other offer until the deadline of this one
    activity.rejected(clientId, "UNKNOWN_PARAMS");
    activity.add("update-rejected", { round, clientId, reason: "UNKNOWN_PARAMS" });
    const next = "the params that this update began at are lost; wait for the next offer";
    return new ProtocolError("UNKNOWN_PARAMS", next, { cause });
  }

  async function accept(update: VerifiedUpdate): Promise<SignedReceipt> {
    const { assignment, verified: checked } = update.upload;
    const { clientId, ticket, offer } = assignment;
    const { headerHash, header, manifest } = checked;
    const { isListed, ...at } = attemptOf(context, assignment);
    const answer = { clientId, ticket, headerHash, weight: header.weight, baseVersion: header.baseVersion };
    const effects = context.dispatch({ type: "update-verified", ...at, ...answer, collection: "update" });
    const refused = effects.find((effect) => effect.type === "reject");
    if (refused !== undefined) {
      const isLate = refused.code === "ROUND_CLOSED";
      if (isLate && isListed && run.plan.maxStaleness > 0 && !context.isFinished()) throw betweenRounds();
      if (isLate) activity.add("update-late", { round: offer.round, clientId });
      throw new ProtocolError(refused.code, refused.message);
    }
    if (!effects.some(({ type }) => type === "append")) {
      throw new ProtocolError("UPLOAD_OUT_OF_ORDER", "this update has arrived already; submit its header again");
    }
    // Not before: what an update that comes too late began at may be gone, and it is refused in any case.
    const base = await model.baseOf(offer.baseParamsHash).catch((cause) => {
      throw refuseUnreadable(assignment, at, cause);
    });
    verified.set(headerHash, {
      clientId,
      weight: header.weight,
      staleness: at.round - header.baseVersion,
      ...update.vectors,
      storedDelta: storedDelta(ports.store, header.payloadHash, manifest),
      metrics: manifest.metrics,
      ...(base && { base }),
    });
    try {
      const receipt = await journalUpdate(run, ports, at, update).catch((error) => {
        context.dispatch({ type: "append-failed", ...at, clientId });
        control.fault(error);
        const wait = { cause: error, retryAfterMs: ports.store.canReopen ? soonMs : RESTART_MS };
        throw new ProtocolError("UNAVAILABLE", "the update could not be stored; try again later", wait);
      });
      // Durable from here on: the receipt is true whatever becomes of the round.
      assignments.settle(ticket, { headerHash, receipt });
      activity.add("update-accepted", { round: at.round, clientId });
      const durationMs = ports.clock.nowMs() - update.upload.assignment.offeredAtMs;
      history.observe({
        type: "answered",
        clientId,
        weight: header.weight,
        trainLoss: manifest.metrics.trainLoss,
        durationMs,
      });
      try {
        context.dispatch({ type: "update-durable", ...at, clientId });
      } catch (error) {
        control.fault(error);
      }
      return receipt;
    } finally {
      verified.delete(headerHash);
    }
  }

  return {
    accept,
    fold({ headerHash }) {
      const contribution = verified.get(headerHash);
      if (contribution === undefined) throw new TypeError(`update ${headerHash} is folded once, after its check`);
      model.fold(contribution);
    },
  };
}

/** The attempt that an assignment counts for: the open one if it lists the ticket, else the one it was made in. */
function attemptOf({ state }: RoundContext, { clientId, ticket, offer }: Assignment) {
  const open = state();
  const { round, attempt } = open;
  const isListed = findMember(open, clientId)?.ticket === ticket;
  return { isListed, ...(isListed ? { round, attempt } : { round: offer.round, attempt: offer.attempt }) };
}
