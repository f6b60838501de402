import { expect } from "vitest";
import type { JournalEvent } from "../../server/store/journalEvent.ts";
import type { DrillRemains } from "./drillProcesses.ts";

/** What a receipt, a commit and a replay promise, whatever was killed or stopped and when. */
export function checkDrill({ receipts, events, report }: DrillRemains, liveParamsHash: string): void {
  const journal = new Map(events.map(({ seq, event }) => [seq, event]));
  const lost = receipts.filter(({ journalSeq, headerHash }) => {
    const event = journal.get(journalSeq);
    return event?.kind !== "update-accepted" || event.headerHash !== headerHash;
  });
  expect(receipts.length).toBeGreaterThan(0);
  expect(lost, "receipted updates that are not in the journal").toEqual([]);

  const commits = events.map(({ event }) => event).filter(isCommit);
  const committed = commits.flatMap(({ headerHashes }) => headerHashes);
  expect(new Set(committed).size, "updates in more than one commit").toBe(committed.length);
  expect(commits.map(({ round }) => round)).toEqual(commits.map((_, round) => round));

  expect(report).toMatchObject({ ok: true, level: "models", numModelsRecomputed: commits.length });
  expect(report.paramsHash).toBe(commits.at(-1)?.paramsHash);
  // A client that stops may let one more round close between the question and the end.
  expect(commits.map(({ paramsHash }) => paramsHash)).toContain(liveParamsHash);
}

function isCommit(event: JournalEvent): event is JournalEvent & { kind: "round-committed" } {
  return event.kind === "round-committed";
}
