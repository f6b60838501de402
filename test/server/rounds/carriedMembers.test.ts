import { expect, it } from "vitest";
import { carriedMembers } from "../../../server/rounds/carriedMembers.ts";
import { idleRound, plainCollections, type RoundEvent, type RoundState } from "../../../server/rounds/roundState.ts";
import { transition } from "../../../server/rounds/transition.ts";

const collections = plainCollections({ goal: 1, quorum: 1, deadlineMs: 1000 });

/** Round 5 of a run, committed with a's update: b and c work since rounds 3 and 4, d has dropped, e came new. */
function committed(maxStaleness: number): RoundState {
  const at = { round: 5, attempt: 0 };
  const carriedFrom = maxStaleness > 0 ? { b: 3, c: 4 } : {};
  const members = ["a", "b", "c", "d", "e"].map((clientId) => {
    const from = (carriedFrom as Record<string, number>)[clientId];
    return { clientId, ticket: `t-${clientId}`, ...(from !== undefined && { carriedFrom: from }) };
  });
  const answer = { ticket: "t-a", headerHash: "h", weight: 1, baseVersion: 5, collection: "update" };
  const events: RoundEvent[] = [
    { type: "opened", ...at, members, collections },
    { type: "client-dropped", clientId: "d" },
    { type: "update-verified", ...at, clientId: "a", ...answer },
    { type: "update-durable", ...at, clientId: "a" },
    { type: "aggregated", ...at },
    { type: "committed", ...at },
  ];
  return events.reduce((state, event) => transition(state, event).state, idleRound({ version: 5, maxStaleness }));
}

const carried = (maxStaleness: number, offeredAtMs: (ticket: string) => number | undefined = () => 0) =>
  carriedMembers(committed(maxStaleness), { nowMs: 1000, deadlineMs: 1001, offeredAtMs }).map(
    ({ clientId, baseVersion }) => `${clientId} from ${baseVersion}`,
  );

it("goes on with those still waited for, as far behind as the plan allows", () => {
  expect(carried(3)).toEqual(["b from 3", "c from 4", "e from 5"]);
  expect(carried(2)).toEqual(["c from 4", "e from 5"]); // the next round starts from version 6
});

it("lets go of whose offer is past its deadline or not remembered", () => {
  const offeredAtMs = (ticket: string) => ({ "t-b": -1, "t-c": 0 })[ticket];
  expect(carried(3, offeredAtMs)).toEqual(["c from 4"]);
});

it("goes on with nobody in a synchronous run", () => {
  expect(carried(0)).toEqual([]);
});
