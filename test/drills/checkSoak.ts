import { expect } from "vitest";
import { FORBIDDEN } from "./soakConducts.ts";
import type { SoakResult } from "./soakDrill.ts";

/** What an honest client may hear: too late, come back later, or nothing because it left. */
const HARMLESS: ReadonlySet<string> = new Set([
  "accepted",
  "ROUND_CLOSED",
  "UNAVAILABLE",
  "RATE_LIMITED",
  "unanswered",
]);

/** What holds however long it went on and however slow the machine is. */
export function checkSoak({ answers, report, rounds, distance }: SoakResult): void {
  for (const name of Object.keys(FORBIDDEN)) expect(answers[name]?.accepted, name).toBeUndefined();
  const accepted = Object.values(answers).reduce((sum, row) => sum + (row.accepted ?? 0), 0);
  expect(report).toMatchObject({ ok: true, problems: [] });
  expect(report.numCommits).toBeGreaterThanOrEqual(rounds);
  expect(report.numUpdates).toBeGreaterThanOrEqual(accepted);
  expect(Object.keys(answers.honest ?? {}).filter((answer) => !HARMLESS.has(answer))).toEqual([]);
  expect(answers.honest?.accepted).toBeGreaterThan(0);
  expect(distance).toBeLessThan(rounds < 20 ? 1 : 0.2);
}
