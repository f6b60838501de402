import { assertNever } from "../../shared/base/assert.ts";
import type { ErrorCode } from "../../shared/base/errors.ts";
import {
  type Answer,
  type AttemptRef,
  type Collection,
  type EnteringMember,
  findMember,
  type Member,
  nextAttempt,
  placesOf,
  type RoundEvent,
  type RoundState,
  type Step,
} from "./roundState.ts";

/**
 * Advances a run's round by one event. Pure: no clock, no I/O, no randomness; the caller performs the effects and
 * answers them with events. A late, repeated, foreign or stale answer is normal life: it becomes a `reject` effect and
 * the round stays as it was. An update counts only once it is durable, and nothing is sealed while an append is in
 * flight, so that no acknowledged update can be left out.
 * @throws TypeError for an event that no caller may raise (opening over an open round, an empty cohort, ...).
 */
export function transition(state: RoundState, event: RoundEvent): Step {
  switch (event.type) {
    case "opened":
      return open(state, event);
    case "accepted":
    case "declined":
      return answerOffer(state, event.type, event.clientId, event.ticket);
    case "update-verified":
      return receive(state, event);
    case "update-durable":
      return confirm(state, event, event.clientId);
    case "append-failed":
      return retract(state, event, event.clientId);
    case "client-dropped":
      return waitFor(state, event.clientId, ["offered", "working"], "dropped");
    case "client-returned":
      return waitFor(state, event.clientId, ["dropped"], "offered");
    case "deadline-passed":
      if (!isOpen(state) || !isSameAttempt(state, event) || event.collection !== openCollection(state).name) {
        return stay(state);
      }
      return settle({ ...state, overdue: true });
    case "aggregated":
      if (state.phase !== "sealed" || !isSameAttempt(state, event)) return stay(state);
      return { state: { ...state, phase: "aggregated" }, effects: [{ type: "commit" }] };
    case "committed":
      if (state.phase !== "aggregated" || !isSameAttempt(state, event)) return stay(state);
      return {
        state: { ...state, phase: "committed", version: state.version + 1 },
        effects: [{ type: "broadcast" }],
      };
    case "failed":
      if (!isSameAttempt(state, event) || !isUnfinished(state)) return stay(state);
      return abort(state, event.reason);
    default:
      return assertNever(event);
  }
}

/** Offers or later collections are out and answers may come in. */
export function isOpen(state: RoundState): boolean {
  return state.phase === "announced" || state.phase === "collecting";
}

/** The attempt has neither been committed nor aborted. */
export function isUnfinished(state: RoundState): boolean {
  return isOpen(state) || state.phase === "sealed" || state.phase === "aggregated";
}

function open(state: RoundState, event: Extract<RoundEvent, { type: "opened" }>): Step {
  const due = nextAttempt(state);
  if (due.round !== event.round || due.attempt !== event.attempt) {
    throw new TypeError(
      `"opened" expected round ${due.round} attempt ${due.attempt}, got round ${event.round} attempt ${event.attempt}`,
    );
  }
  assertCohort(state, event.members, event.collections);
  const members = event.members.map(
    ({ clientId, ticket, carriedFrom }): Member => ({
      clientId,
      ticket,
      baseVersion: carriedFrom ?? state.version,
      status: carriedFrom === undefined ? "offered" : "working",
    }),
  );
  const first = event.collections[0] as Collection;
  const opened: RoundState = {
    ...state,
    phase: "announced",
    ...due,
    collections: event.collections,
    step: 0,
    members,
    index: placesOf(members),
    numPending: members.length,
    numAppending: 0,
    numAnswered: 0,
    overdue: false,
  };
  return {
    state: opened,
    effects: [
      { type: "announce", members: members.filter(({ status }) => status === "offered") },
      { type: "set-deadline", ...due, collection: first.name, delayMs: first.deadlineMs },
    ],
  };
}

function assertCohort(state: RoundState, members: readonly EnteringMember[], collections: readonly Collection[]): void {
  if (collections.length === 0) throw new TypeError(`"collections" expected at least one, got none`);
  for (const { name, goal, quorum } of collections) {
    if (!(quorum >= 1 && goal >= quorum)) {
      throw new TypeError(`collection "${name}" expected 1 <= quorum <= goal, got quorum ${quorum}, goal ${goal}`);
    }
    if (members.length < quorum) {
      throw new TypeError(`"members" expected at least the quorum of ${quorum}, got ${members.length}`);
    }
  }
  for (const { carriedFrom = state.version } of members) {
    const staleness = state.version - carriedFrom;
    if (!(staleness >= 0 && staleness <= state.maxStaleness)) {
      throw new TypeError(`a member expected a staleness of at most ${state.maxStaleness}, got ${staleness}`);
    }
  }
  for (const key of ["clientId", "ticket"] as const) {
    if (new Set(members.map((member) => member[key])).size !== members.length) {
      throw new TypeError(`"members" expected every ${key} once`);
    }
  }
}

function answerOffer(state: RoundState, type: "accepted" | "declined", clientId: string, ticket: string): Step {
  const member = findMember(state, clientId);
  if (member?.ticket !== ticket) return reject(state, clientId, "UNKNOWN_TICKET", "this ticket was not issued to you");
  if (!isOpen(state)) {
    // Between two rounds of an asynchronous run: the next one goes on with those who are still at work.
    if (state.maxStaleness === 0 || !isWaitedFor(member)) {
      return reject(state, clientId, "ROUND_CLOSED", closedMessage(state));
    }
    return stay(withStatus(state, member, type === "declined" ? "declined" : "working"));
  }
  if (type === "declined") return waitFor(state, clientId, ["offered", "working", "dropped"], "declined");
  const { state: next } = setStatus(state, clientId, ["offered", "dropped"], "working");
  return settle({ ...next, phase: "collecting" });
}

/** A verified update arrives: once per member, for an open collection, from the params that it was offered. */
function receive(state: RoundState, answer: Answer): Step {
  const { clientId } = answer;
  const no = (code: ErrorCode, message: string): Step => reject(state, clientId, code, message);
  const member = findMember(state, clientId);
  if (!isSameAttempt(state, answer)) {
    return isLater(answer, state)
      ? no("UNKNOWN_TICKET", `round ${answer.round} attempt ${answer.attempt} has not been opened`)
      : no("ROUND_CLOSED", `round ${answer.round} attempt ${answer.attempt} is over`);
  }
  if (member?.ticket !== answer.ticket) return no("UNKNOWN_TICKET", "this ticket was not issued to you");
  if (member.headerHash !== undefined) {
    if (member.headerHash !== answer.headerHash) {
      return no("EQUIVOCATION", "another update was already received for this ticket");
    }
    // While the append is in flight there is nothing to say yet: the receipt follows `update-durable`.
    if (member.status === "appending") return stay(state);
    return { state, effects: [{ type: "receipt", clientId, headerHash: answer.headerHash }] };
  }
  if (!isOpen(state) || state.overdue) return no("ROUND_CLOSED", closedMessage(state));
  const { name, goal } = openCollection(state);
  if (answer.collection !== name) return no("ROUND_CLOSED", `the round collects "${name}", not "${answer.collection}"`);
  if (member.status === "declined") return no("UNKNOWN_TICKET", "this ticket was given back");
  if (member.status === "left-behind") return no("ROUND_CLOSED", "an earlier answer of this round is missing");
  if (answer.baseVersion !== member.baseVersion) {
    return no("BASE_MISMATCH", `expected an update of params version ${member.baseVersion}, got ${answer.baseVersion}`);
  }
  if (state.numAnswered + state.numAppending >= goal) return no("ROUND_CLOSED", "the goal of this round is reached");
  const waited = isWaitedFor(member) ? 1 : 0;
  return {
    state: {
      ...state,
      phase: "collecting",
      members: withMember(state, clientId, {
        ...member,
        status: "appending",
        headerHash: answer.headerHash,
        weight: answer.weight,
      }),
      numPending: state.numPending - waited,
      numAppending: state.numAppending + 1,
    },
    effects: [{ type: "append", clientId, headerHash: answer.headerHash, weight: answer.weight }],
  };
}

function confirm(state: RoundState, ref: AttemptRef, clientId: string): Step {
  const member = findMember(state, clientId);
  if (!isSameAttempt(state, ref) || member?.status !== "appending") return stay(state);
  const headerHash = member.headerHash as string;
  const weight = member.weight as number;
  const step = settle({
    ...state,
    members: withMember(state, clientId, { ...member, status: "answered" }),
    numAppending: state.numAppending - 1,
    numAnswered: state.numAnswered + 1,
  });
  return {
    state: step.state,
    effects: [
      { type: "receipt", clientId, headerHash },
      // An attempt that failed meanwhile keeps its promise (the receipt) but has no aggregate left to add to.
      ...(isOpen(state) ? [{ type: "fold", clientId, headerHash, weight } as const] : []),
      ...step.effects,
    ],
  };
}

/** The append did not happen: the member has not answered, and may try again. */
function retract(state: RoundState, ref: AttemptRef, clientId: string): Step {
  const member = findMember(state, clientId);
  if (!isSameAttempt(state, ref) || member?.status !== "appending") return stay(state);
  const { ticket, baseVersion } = member;
  return settle({
    ...state,
    members: withMember(state, clientId, { clientId, ticket, baseVersion, status: "working" }),
    numAppending: state.numAppending - 1,
    numPending: state.numPending + 1,
  });
}

function waitFor(
  state: RoundState,
  clientId: string,
  from: readonly Member["status"][],
  status: Member["status"],
): Step {
  const changed = setStatus(state, clientId, from, status);
  return changed.changed ? settle(changed.state) : stay(state);
}

/** Between two rounds of an asynchronous run too: the next one goes on with those who are waited for. */
function setStatus(
  state: RoundState,
  clientId: string,
  from: readonly Member["status"][],
  status: Member["status"],
): { readonly state: RoundState; readonly changed: boolean } {
  const member = findMember(state, clientId);
  const isAtWork = isOpen(state) || state.maxStaleness > 0;
  if (!isAtWork || member === undefined || !from.includes(member.status)) return { state, changed: false };
  return { state: withStatus(state, member, status), changed: true };
}

function withStatus(state: RoundState, member: Member, status: Member["status"]): RoundState {
  const next: Member = { ...member, status };
  const numPending = state.numPending - (isWaitedFor(member) ? 1 : 0) + (isWaitedFor(next) ? 1 : 0);
  return { ...state, members: withMember(state, member.clientId, next), numPending };
}

/** Closes the open collection when it has what it needs, or when nobody is left to wait for. */
function settle(state: RoundState): Step {
  if (!isOpen(state) || state.numAppending > 0) return stay(state);
  const { goal, quorum, name } = openCollection(state);
  if (state.numAnswered < goal && !state.overdue && state.numPending > 0) return stay(state);
  if (state.numAnswered < quorum) {
    const cause = state.overdue ? "at the deadline" : "and nobody is left to wait for";
    return abort(state, `"${name}" has ${state.numAnswered} of ${quorum} answers ${cause}`);
  }
  return state.step + 1 < state.collections.length ? advance(state) : seal(state);
}

/** Opens the next collection for those who answered this one. */
function advance(state: RoundState): Step {
  const step = state.step + 1;
  const next = state.collections[step] as Collection;
  const members = state.members.map(
    ({ clientId, ticket, baseVersion, status }): Member => ({
      clientId,
      ticket,
      baseVersion,
      status: status === "answered" ? "working" : status === "declined" ? "declined" : "left-behind",
    }),
  );
  const waited = members.filter(isWaitedFor);
  const { round, attempt } = state;
  return {
    state: { ...state, step, members, numPending: waited.length, numAnswered: 0, overdue: false },
    effects: [
      { type: "collect", collection: next.name, members: waited },
      { type: "set-deadline", round, attempt, collection: next.name, delayMs: next.deadlineMs },
    ],
  };
}

function seal(state: RoundState): Step {
  const answered = state.members.filter(({ status }) => status === "answered");
  return {
    state: { ...state, phase: "sealed" },
    effects: [
      { type: "clear-deadline" },
      {
        type: "aggregate",
        headerHashes: answered.map(({ headerHash }) => headerHash as string).sort(),
        totalWeight: answered.reduce((sum, { weight }) => sum + (weight as number), 0),
      },
    ],
  };
}

function abort(state: RoundState, reason: string): Step {
  return { state: { ...state, phase: "aborted" }, effects: [{ type: "clear-deadline" }, { type: "abort", reason }] };
}

function stay(state: RoundState): Step {
  return { state, effects: [] };
}

function reject(state: RoundState, clientId: string, code: ErrorCode, message: string): Step {
  return { state, effects: [{ type: "reject", clientId, code, message }] };
}

function closedMessage(state: RoundState): string {
  return state.phase === "idle"
    ? "no round is open"
    : `round ${state.round} attempt ${state.attempt} takes no more answers`;
}

function openCollection(state: RoundState): Collection {
  return state.collections[state.step] as Collection;
}

/** A copy of the members with one replaced: copying an array of references is cheap even for large cohorts. */
function withMember(state: RoundState, clientId: string, member: Member): readonly Member[] {
  const members = state.members.slice();
  members[state.index.get(clientId) as number] = member;
  return members;
}

/** Still expected to answer. */
export function isWaitedFor({ status }: Member): boolean {
  return status === "offered" || status === "working";
}

function isSameAttempt(state: RoundState, { round, attempt }: AttemptRef): boolean {
  return state.round === round && state.attempt === attempt && state.phase !== "idle";
}

function isLater(ref: AttemptRef, state: RoundState): boolean {
  return ref.round > state.round || (ref.round === state.round && ref.attempt > state.attempt);
}
