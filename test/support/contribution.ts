import type { Contribution, RoundInputs } from "../../server/strategies/strategy.ts";

export const NO_INPUTS: RoundInputs = { seed: "00" };

/** A fresh update of one example that carries nothing beside its delta, unless said otherwise. */
export function contribution(fields: Partial<Contribution> & Pick<Contribution, "delta">): Contribution {
  return { clientId: "1", weight: 1, staleness: 0, parts: new Map(), metrics: {}, ...fields };
}
