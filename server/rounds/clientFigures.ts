import { worstTenth } from "../../shared/train/worstTenth.ts";

/** How good one client found the params that it received, on rows that it never trains on. */
export interface JudgedClient {
  readonly clientId: string;
  /** Mean over its held-out rows. */
  readonly loss: number;
  /** Share that is right, 0..1; absent for regression, and where a client does not tell. */
  readonly accuracy?: number;
}

/**
 * The distribution over clients, each counted once however many rows it holds: `clientTestAccuracy` and `clientTestLoss`
 * are means, `...Worst` the mean over the tenth (at least one) that fares worst, `...StdDev` the spread, which is
 * what fairness asks to be small (Li et al. 2020, arXiv:1905.10497, definition 1). Nothing where nobody judged.
 */
export function clientFigures(judged: readonly JudgedClient[]): Readonly<Record<string, number>> {
  if (judged.length === 0) return {};
  // In the order of their ids, so that the order of arrival does not show in the last bits.
  const clients = [...judged].sort((a, b) => (a.clientId < b.clientId ? -1 : 1));
  const accuracies = clients.flatMap(({ accuracy }) => (accuracy === undefined ? [] : [accuracy]));
  return {
    testedClients: clients.length,
    ...distribution(
      "clientTestLoss",
      clients.map(({ loss }) => loss),
      (a, b) => b - a,
    ),
    // Over those who tell it: one client's silence must not keep the figure, and what it decides, from all.
    ...(accuracies.length > 0 ? distribution("clientTestAccuracy", accuracies, (a, b) => a - b) : {}),
  };
}

function distribution(name: string, values: readonly number[], worstFirst: (a: number, b: number) => number) {
  const mean = meanOf(values);
  return {
    [name]: mean,
    [`${name}Worst`]: meanOf(worstTenth(values, worstFirst)),
    [`${name}StdDev`]: Math.sqrt(meanOf(values.map((value) => (value - mean) * (value - mean)))),
  };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
