import type { RoundSummary, RunFacts } from "headwater";

/** Rounds with the accuracy and loss that a page shows, and who measured them; nobody where no round has any. */
export interface JudgedRounds {
  readonly by: "coordinator" | "clients" | "nobody";
  readonly rounds: readonly RoundSummary[];
}

/**
 * The figures of the coordinator's test set, or, where it has none, the mean over clients on rows that they hold out;
 * never a mixture of both in one curve.
 */
export function judgedRounds(rounds: readonly RoundSummary[]): JudgedRounds {
  const has = (figures: readonly (number | undefined)[]): boolean => figures.some((figure) => figure !== undefined);
  if (rounds.some(({ testAccuracy, testLoss }) => has([testAccuracy, testLoss]))) return { by: "coordinator", rounds };
  const byClients = rounds.map((round) => ({
    ...round,
    testAccuracy: round.metrics?.clientTestAccuracy,
    testLoss: round.metrics?.clientTestLoss,
  }));
  const isJudged = byClients.some(({ testAccuracy, testLoss }) => has([testAccuracy, testLoss]));
  return { by: isJudged ? "clients" : "nobody", rounds: byClients };
}

/** Figures that the page draws, by who measures them. */
const DRAWN: Readonly<Record<JudgedRounds["by"], Readonly<Record<string, "accuracy" | "loss">>>> = {
  coordinator: { testAccuracy: "accuracy", testLoss: "loss" },
  clients: { clientTestAccuracy: "accuracy", clientTestLoss: "loss" },
  nobody: {},
};

/** The curve on which the value lies at which the run is finished, and that value; undefined where neither is drawn. */
export function targetOf(
  { objective }: Pick<RunFacts, "objective">,
  by: JudgedRounds["by"],
): { readonly curve: "accuracy" | "loss"; readonly value: number } | undefined {
  const curve = DRAWN[by][objective?.metric ?? ""];
  return curve === undefined || objective?.target === undefined ? undefined : { curve, value: objective.target };
}
