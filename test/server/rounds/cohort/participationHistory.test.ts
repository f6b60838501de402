import { expect, it } from "vitest";
import { createParticipationHistory } from "../../../../server/rounds/cohort/participationHistory.ts";
import { participationOf } from "../../../../server/rounds/cohort/participationOf.ts";
import { toBase64 } from "../../../../server/store/base64.ts";
import type { JournalEvent } from "../../../../server/store/journalEvent.ts";
import { encodeManifest } from "../../../../shared/protocol/manifest.ts";

const hash = `sha256-${"ab".repeat(32)}` as const;
const PART = { name: "delta", dtype: "f32", codec: "f32", numElements: 1, numBytes: 4 } as const;
const alice = "aa".repeat(32);
const bob = "bb".repeat(32);
const opened = (round: number, attempt: number, clientIds: readonly string[]): JournalEvent => ({
  kind: "round-opened",
  round,
  attempt,
  paramsHash: hash,
  members: clientIds.map((clientId) => ({ clientId, ticket: "00".repeat(16) })),
});
const accepted = (round: number, clientId: string, weight: number, metrics: Record<string, number>): JournalEvent => ({
  kind: "update-accepted",
  round,
  attempt: 0,
  clientId,
  headerHash: hash,
  header: "",
  signature: "",
  manifest: toBase64(encodeManifest([PART], metrics)),
  payloadHash: hash,
  weight,
});

it("follows from the journal: who was asked, who answered, with what loss and how many examples", () => {
  const history = createParticipationHistory();
  const journal: JournalEvent[] = [
    opened(0, 0, [alice, bob]),
    accepted(0, alice, 30, { trainLoss: 2 }),
    { kind: "round-aborted", round: 0, attempt: 0, reason: "too few" },
    opened(0, 1, [alice]),
    accepted(0, alice, 40, { trainLoss: 1.5, other: 7 }),
    opened(1, 0, [alice]),
  ];
  for (const event of journal) {
    const participation = participationOf(event);
    if (participation !== undefined) history.observe(participation);
  }
  expect(history.of(alice)).toEqual({
    asked: 3,
    answered: 2,
    unanswered: 1,
    lastRound: 1,
    numExamples: 40,
    trainLoss: 1.5,
  });
  expect(history.of(bob)).toEqual({ asked: 1, answered: 0, unanswered: 1, lastRound: 0, numExamples: 0 });
  expect(history.of("cc".repeat(32))).toBeUndefined();
});

it("counts how often a client was asked since its last answer, whether or not that told a loss", () => {
  const history = createParticipationHistory();
  const ask = (round: number) => history.observe({ type: "asked", round, clientIds: [alice] });
  ask(0);
  history.observe({ type: "answered", clientId: alice, weight: 1, trainLoss: 2 });
  expect(history.of(alice)?.unanswered).toBe(0);
  for (const round of [1, 2, 3]) ask(round);
  expect(history.of(alice)).toMatchObject({ asked: 4, unanswered: 3, trainLoss: 2 });
  history.observe({ type: "answered", clientId: alice, weight: 1 });
  expect(history.of(alice)?.unanswered).toBe(0);
});

it("does not count a member again that goes on with earlier work", () => {
  const ticket = "00".repeat(16);
  const members = [
    { clientId: alice, ticket, base: { round: 3, attempt: 0, paramsHash: hash } },
    { clientId: bob, ticket, base: { round: 4, attempt: 1, paramsHash: hash } }, // asked now, from params of its own
  ];
  expect(participationOf({ kind: "round-opened", round: 4, attempt: 1, paramsHash: hash, members })).toEqual({
    type: "asked",
    round: 4,
    clientIds: [bob],
  });
});

it.each([Number.NaN, Number.POSITIVE_INFINITY, -0.1, 1_000_001, undefined])("takes %s for no loss", (trainLoss) => {
  const history = createParticipationHistory();
  history.observe({ type: "asked", round: 3, clientIds: [alice] });
  history.observe({ type: "answered", clientId: alice, weight: 5, trainLoss: 1, durationMs: 20 });
  history.observe({ type: "answered", clientId: alice, weight: 6, trainLoss });
  expect(history.of(alice)).toEqual({ asked: 1, answered: 2, unanswered: 0, lastRound: 3, numExamples: 6 });
});

it("forgets whoever was asked longest ago once it is full, and gives its place away clean", () => {
  const history = createParticipationHistory(3);
  history.observe({ type: "asked", round: 0, clientIds: ["a", "b", "c"] });
  history.observe({ type: "answered", clientId: "b", weight: 9, trainLoss: 4, durationMs: 8 });
  history.observe({ type: "asked", round: 1, clientIds: ["a"] });
  history.observe({ type: "asked", round: 2, clientIds: ["d"] }); // b is out
  expect(history.size).toBe(3);
  expect(history.of("b")).toBeUndefined();
  expect(history.of("d")).toEqual({ asked: 1, answered: 0, unanswered: 1, lastRound: 2, numExamples: 0 });
  expect(history.of("a")).toMatchObject({ asked: 2, unanswered: 2, lastRound: 1 });
  history.observe({ type: "answered", clientId: "b", weight: 1, trainLoss: 1 }); // too late to be remembered
  expect(history.size).toBe(3);
});

it("keeps what it knows as it grows", () => {
  const history = createParticipationHistory();
  const clientIds = Array.from({ length: 5000 }, (_, i) => `client ${i}`);
  history.observe({ type: "asked", round: 7, clientIds });
  for (const [i, clientId] of clientIds.entries()) {
    history.observe({ type: "answered", clientId, weight: i + 1, trainLoss: i / 10 });
  }
  history.observe({ type: "asked", round: 8, clientIds: ["one more"] });
  for (const i of [0, 1023, 1024, 4999]) {
    expect(history.of(`client ${i}`)).toEqual({
      asked: 1,
      answered: 1,
      unanswered: 0,
      lastRound: 7,
      numExamples: i + 1,
      trainLoss: i / 10,
    });
  }
});
