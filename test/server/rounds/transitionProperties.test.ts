import fc from "fast-check";
import { expect, it } from "vitest";
import {
  idleRound,
  nextAttempt,
  plainCollections,
  type RoundEvent,
  type RoundState,
} from "../../../server/rounds/roundState.ts";
import { transition } from "../../../server/rounds/transition.ts";

/**
 * The world around the machine: performs effects late and in any order, as a disk, a network and impatient clients do,
 * and keeps its own books, from which the promises are checked.
 */
class World {
  state: RoundState = idleRound();
  readonly appends: RoundEvent[] = [];
  readonly onDisk = new Set<string>();
  readonly folded = new Map<string, number>();
  readonly receipts = new Set<string>();
  deadline: RoundEvent | undefined;
  commits = 0;
  readonly cohort: number;
  readonly goal: number;
  readonly quorum: number;

  constructor(cohort: number, goal: number, quorum: number) {
    this.cohort = cohort;
    this.goal = goal;
    this.quorum = quorum;
    this.open();
  }

  open(): void {
    const { round, attempt } = nextAttempt(this.state);
    this.folded.clear();
    const members = Array.from({ length: this.cohort }, (_, i) => this.member(i, round, attempt));
    const collections = plainCollections({ goal: this.goal, quorum: this.quorum, deadlineMs: 100 });
    this.feed({ type: "opened", round, attempt, members, collections });
  }

  member(i: number, round = this.state.round, attempt = this.state.attempt) {
    return { clientId: `c${i}`, ticket: `t${i}-${round}-${attempt}` };
  }

  feed(event: RoundEvent): void {
    const before = this.state;
    const { state, effects } = transition(before, event);
    this.state = state;
    const ref = { round: state.round, attempt: state.attempt };
    for (const effect of effects) {
      const key = "clientId" in effect ? `${ref.round}.${ref.attempt}.${effect.clientId}` : "";
      switch (effect.type) {
        case "append":
          this.appends.push({ type: "update-durable", ...ref, clientId: effect.clientId });
          break;
        case "receipt":
          expect(this.onDisk.has(key), "a receipt only after the durable write").toBe(true);
          this.receipts.add(key);
          break;
        case "fold":
          expect(this.onDisk.has(key), "a fold only after the durable write").toBe(true);
          this.folded.set(effect.clientId, (this.folded.get(effect.clientId) ?? 0) + 1);
          break;
        case "set-deadline":
          this.deadline = { type: "deadline-passed", ...ref, collection: effect.collection };
          break;
        case "aggregate":
          expect(state.numAppending, "no seal while an append is in flight").toBe(0);
          expect(effect.headerHashes.length).toBeGreaterThanOrEqual(this.quorum);
          expect(effect.headerHashes.length).toBe(this.folded.size);
          expect(
            [...this.folded.values()].every((times) => times === 1),
            "each client once",
          ).toBe(true);
          break;
        case "broadcast":
          this.commits++;
          expect(state.version).toBe(before.version + 1);
          break;
        case "reject":
          expect(state, "a rejection changes nothing").toBe(before);
      }
    }
    const count = (statuses: readonly string[]) =>
      state.members.filter(({ status }) => statuses.includes(status)).length;
    expect(state.numPending).toBe(count(["offered", "working"]));
    expect(state.numAppending).toBe(count(["appending"]));
    expect(state.numAnswered).toBe(count(["answered"]));
  }

  /** The disk finishes the i-th append in flight, or refuses it. */
  finishAppend(i: number, isWritten: boolean): void {
    const [event] = this.appends.splice(i % Math.max(1, this.appends.length), 1);
    if (event?.type !== "update-durable") return;
    if (isWritten) this.onDisk.add(`${event.round}.${event.attempt}.${event.clientId}`);
    this.feed(isWritten ? event : { ...event, type: "append-failed" });
  }
}

type Command = (world: World) => void;

const client = fc.nat({ max: 5 });
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: client.map((i) => (w: World) => w.feed(answer(w, i, {}))) },
  { weight: 1, arbitrary: client.map((i) => (w: World) => w.feed(answer(w, i, { headerHash: "another" }))) },
  { weight: 1, arbitrary: client.map((i) => (w: World) => w.feed(answer(w, i, { baseVersion: w.state.version - 1 }))) },
  { weight: 1, arbitrary: client.map((i) => (w: World) => w.feed(answer(w, i, { attempt: w.state.attempt + 1 }))) },
  { weight: 1, arbitrary: client.map((i) => (w: World) => w.feed(answer(w, i, { ticket: w.member(i + 1).ticket }))) },
  { weight: 4, arbitrary: fc.nat({ max: 5 }).map((i) => (w: World) => w.finishAppend(i, true)) },
  { weight: 1, arbitrary: fc.nat({ max: 5 }).map((i) => (w: World) => w.finishAppend(i, false)) },
  {
    weight: 3,
    arbitrary: fc.tuple(client, fc.constantFrom("client-dropped" as const, "client-returned" as const)).map(
      ([i, type]) =>
        (w: World) =>
          w.feed({ type, clientId: `c${i}` }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(client, fc.constantFrom("accepted" as const, "declined" as const)).map(
      ([i, type]) =>
        (w: World) =>
          w.feed({ type, ...w.member(i) }),
    ),
  },
  { weight: 1, arbitrary: fc.constant((w: World) => w.deadline && w.feed(w.deadline)) },
  { weight: 1, arbitrary: fc.constant(settleRound) },
);

function answer(w: World, i: number, changes: object): RoundEvent {
  const { round, attempt, version } = w.state;
  const own = { round, attempt, ...w.member(i), headerHash: `h${i}`, weight: 1 + i, baseVersion: version };
  return { type: "update-verified", ...own, collection: "update", ...changes };
}

/** What the coordinator does after a seal, a commit or an abort. */
function settleRound(w: World): void {
  const { round, attempt, phase } = w.state;
  if (phase === "sealed") w.feed({ type: "aggregated", round, attempt });
  else if (phase === "aggregated") w.feed({ type: "committed", round, attempt });
  else if (phase === "committed" || phase === "aborted") {
    while (w.appends.length > 0) w.finishAppend(0, true);
    w.open();
  }
}

it("keeps its promises under any interleaving: counted once, quorum held, receipts after the disk, always an end", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }).chain((quorum) =>
        fc.integer({ min: quorum, max: 6 }).chain((goal) =>
          fc.record({
            quorum: fc.constant(quorum),
            goal: fc.constant(goal),
            cohort: fc.integer({ min: goal, max: 7 }),
            commands: fc.array(command, { maxLength: 80 }),
          }),
        ),
      ),
      ({ quorum, goal, cohort, commands }) => {
        const world = new World(cohort, goal, quorum);
        for (const run of commands) run(world);
        // Progress: once the disk has caught up and the deadline has passed, the attempt has an outcome.
        while (world.appends.length > 0) world.finishAppend(0, true);
        if (world.deadline) world.feed(world.deadline);
        expect(["sealed", "aggregated", "committed", "aborted"]).toContain(world.state.phase);
        expect(world.state.version).toBe(world.commits);
      },
    ),
    { numRuns: 1000, seed: 20260711 },
  );
});
