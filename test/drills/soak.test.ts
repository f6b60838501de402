import { expect, it } from "vitest";
import { temporaryFolder } from "../support/temporaryFolder.ts";
import { checkSoak } from "./checkSoak.ts";
import { fitSlope } from "./fitSlope.ts";
import { runSoakDrill } from "./soakDrill.ts";

it("commits rounds and keeps a journal that verifies while clients come and go and a fifth is Byzantine", async () => {
  const pace = { clients: 20, cohort: 10, minRoundMs: 50, churnPerMinute: 300, minutes: 0, minRounds: 2 };
  const result = await runSoakDrill({ directory: temporaryFolder(), seed: 1, ...pace });
  checkSoak(result);
});

it("fits a line with the error that independent residuals have, and a wider one where neighbours are alike", () => {
  // By hand: residuals -0.3, 0.4, 0.1, -0.2 about y = 1.3 + 0.9 x; sum of squares 0.3, so sqrt(0.15 / 5).
  const fit = fitSlope([
    [0, 1],
    [1, 2.6],
    [2, 3.2],
    [3, 3.8],
  ]);
  expect(fit.slope).toBeCloseTo(0.9, 12);
  expect(fit.standardError).toBeCloseTo(Math.sqrt(0.15 / 5), 12);
  const wave = (halfPeriod: number) =>
    fitSlope(Array.from({ length: 40 }, (_, x) => [x, Math.floor(x / halfPeriod) % 2] as const));
  expect(wave(10).standardError).toBeGreaterThan(2 * wave(1).standardError);
});
