import { expect } from "vitest";
import { FORBIDDEN } from "./soakConducts.ts";
import type { SoakResult } from "./soakDrill.ts";

/** What holds however long it went on and however slow the machine is. */
export function checkSoak({ answers, report, rounds, distance }: SoakResult): void {
  for (const name of Object.keys(FORBIDDEN)) expect(answers[name]?.accepted, name).toBeUndefined();
  const accepted = Object.values(answers).reduce((sum, row) => sum + (row.accepted ?? 0), 0);
  expect(report).toMatchObject({ ok: true, problems: [] });
  expect(report.numCommits).toBeGreaterThanOrEqual(rounds);
  expect(report.numUpdates).toBeGreaterThanOrEqual(accepted);
  expect(answers.honest?.accepted).toBeGreaterThan(0);
  expect(distance).toBeLessThan(rounds < 20 ? 1 : 0.2);
}
