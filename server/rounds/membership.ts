import { ProtocolError } from "../../shared/base/errors.ts";
import type { Rng } from "../../shared/base/rng.ts";
import type { CohortPlan } from "../../shared/protocol/cohortPlan.ts";
import type { DeviceFacts } from "../../shared/protocol/deviceFacts.ts";
import type { Pace } from "../../shared/protocol/pace.ts";
import type { Activity } from "./activity.ts";
import type { Assignments } from "./assignments.ts";
import type { Client, Clients } from "./clients.ts";
import { paceWindow } from "./cohort/paceSteering.ts";
import { type CoordinatorView, isAtWork } from "./coordinatorView.ts";
import type { MemberPresence } from "./memberPresence.ts";
import { findMember, type RoundEffect, type RoundEvent } from "./roundState.ts";
import type { CoordinatorTiming } from "./run.ts";
import { isWaitedFor } from "./transition.ts";

export interface MembershipOptions {
  readonly view: CoordinatorView;
  readonly timing: CoordinatorTiming;
  readonly clients: Clients;
  readonly assignments: Assignments;
  readonly activity: Activity;
  readonly presence: MemberPresence;
  readonly dispatch: (event: RoundEvent) => readonly RoundEffect[];
  /** Somebody came or went. */
  readonly onChange: () => void;
}

export interface SteeredRound {
  /** Clients that a full cohort has. */
  readonly wanted: number;
  /** How long a round is expected to take, milliseconds. */
  readonly roundMs: number;
  readonly rng: Rng;
}

/** Comings and goings of clients, and what they mean for the open round. */
export interface Membership {
  onJoin(client: Client): void;
  /** Its device has changed, or it says for the first time what the plan's rules ask. */
  onDevice(client: Client, device: DeviceFacts): void;
  /** The connection is gone; the client may come back. */
  onClosed(client: Client): void;
  /** It said goodbye and gives its assignment back. */
  onLeave(client: Client): void;
  /** @throws ProtocolError if the ticket does not stand for an open assignment of this client. */
  onOfferAnswered(type: "accepted" | "declined", client: Client, ticket: string): void;
  offer(clientId: string): void;
  /** A round is open: tells those who are not in it when to be back, if there are many. */
  steer(round: SteeredRound): void;
  /** A round was committed with these clients' updates: they rest as the plan's pacing says. */
  rest(clientIds: Iterable<string>): void;
}

export function createMembership(options: MembershipOptions): Membership {
  const { view, timing, clients, assignments, activity, presence, dispatch, onChange } = options;
  const cohort: CohortPlan = view.run.plan.cohort;

  function offer(clientId: string): void {
    const assignment = assignments.current(clientId);
    if (assignment !== undefined) clients.find(clientId)?.connection.send("offer", assignment.offer);
  }

  function tell(clientId: string, pace: Pace | undefined = clients.obstacle(clientId)): void {
    if (pace !== undefined) clients.find(clientId)?.connection.send("pace", pace);
  }

  return {
    offer,
    onJoin(client) {
      const { plan, planHash, model, modelHash } = view.run;
      clients.join(client);
      activity.add("client-joined", { clientId: client.id });
      const { round, phase } = view.state;
      const { keyEpoch = 0 } = client;
      const runFacts = { runId: plan.runId, plan, planHash, model, modelHash, ...(keyEpoch > 0 && { keyEpoch }) };
      client.connection.send("welcome", { ...runFacts, round, phase: view.isFinished ? "finished" : phase });
      client.connection.hearBroadcasts(true); // not sooner: a commit means nothing to a client without its welcome
      presence.returned(client.id);
      const member = findMember(view.state, client.id);
      // The same ticket as before: a client that holds it goes on with its work.
      if (isAtWork(view) && member !== undefined && isWaitedFor(member)) offer(client.id);
      else tell(client.id);
      onChange();
    },
    onDevice({ id }, device) {
      clients.describe(id, device);
      tell(id);
      onChange();
    },
    onClosed(client) {
      if (!clients.leave(client.id, client.connection)) return;
      if (isAtWork(view) && view.state.index.has(client.id)) presence.lost(client.id);
      activity.add("client-left", { clientId: client.id });
      onChange();
    },
    onLeave(client) {
      const assignment = assignments.current(client.id);
      if (assignment !== undefined) dispatch({ type: "declined", clientId: client.id, ticket: assignment.ticket });
      clients.leave(client.id, client.connection);
      // Fewer frames cross the close that follows, which a browser would report in its console.
      client.connection.hearBroadcasts(false);
      activity.add("client-left", { clientId: client.id });
      onChange();
    },
    onOfferAnswered(type, { id: clientId }, ticket) {
      const assignment = assignments.find(ticket);
      if (assignment?.clientId === clientId && assignments.current(clientId) !== assignment) {
        throw new ProtocolError("ROUND_CLOSED", `round ${assignment.offer.round} is over`);
      }
      if (type === "declined") clients.rest(clientId, timing.declineMs);
      const refused = dispatch({ type, clientId, ticket }).find((effect) => effect.type === "reject");
      if (refused !== undefined) throw new ProtocolError(refused.code, refused.message);
    },
    steer({ wanted, roundMs, rng }) {
      const window = paceWindow({ population: clients.population, wanted, roundMs });
      if (window === undefined) return;
      const { minMs, maxMs } = window;
      const message = "more than enough clients are here";
      for (const { id } of clients.candidates()) {
        if (view.state.index.has(id)) continue;
        tell(id, { reason: "not-needed", message, retryAfterMs: minMs + rng.nextBelow(maxMs - minMs + 1) });
      }
    },
    rest(clientIds) {
      if (cohort.pacing === undefined) return;
      for (const id of clientIds) {
        clients.rest(id, cohort.pacing.minIntervalMs);
        tell(id);
      }
    },
  };
}
