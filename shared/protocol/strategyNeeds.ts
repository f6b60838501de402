import type { EvaluationPlan } from "./evaluationPlan.ts";
import type { StrategyPlan } from "./strategyPlan.ts";

/** A named vector that an update carries after its delta. */
export interface UpdatePart {
  readonly name: string;
  readonly numElements: number;
  /** Bound on every |element|; an update beyond it is refused. */
  readonly maxAbs: number;
  /** Whole numbers only, from 0. */
  readonly isIndex?: true;
}

/** What a strategy asks of the wire. */
export interface StrategyNeeds {
  /** Names of what an offer hands out beside "params"; each has the form of the shared params, [numParams]. */
  readonly handouts: readonly string[];
  /** In the order of their bytes, after the delta. */
  readonly parts: readonly UpdatePart[];
  /** Metrics without which an update is refused; each at least 0. */
  readonly metrics: readonly string[];
}

/** Of the part "evaluation": each element holds at most 22 bits. */
export const MAX_EVALUATION_WORD = 2 ** 22 - 1;

const NOTHING: StrategyNeeds = { handouts: [], parts: [], metrics: [] };
const DEFAULT_MAX_ABS_CONTROL = 1000;

/** What an update of a plan carries after its delta, in the order of its bytes. */
export function updateParts(
  { strategy, evaluation }: { readonly strategy: StrategyPlan; readonly evaluation?: EvaluationPlan },
  numParams: number,
): readonly UpdatePart[] {
  const { parts } = strategyNeeds(strategy, numParams);
  const numElements = evaluation?.numElements;
  if (numElements === undefined) return parts;
  return [...parts, { name: "evaluation", numElements, maxAbs: MAX_EVALUATION_WORD, isIndex: true }];
}

/** What updates and offers of a strategy hold beside delta and params. */
export function strategyNeeds(strategy: StrategyPlan, numParams: number): StrategyNeeds {
  switch (strategy.kind) {
    case "scaffold": {
      const maxAbs = strategy.maxAbsControl ?? DEFAULT_MAX_ABS_CONTROL;
      return { ...NOTHING, handouts: ["control"], parts: [{ name: "control", numElements: numParams, maxAbs }] };
    }
    case "fednova":
      return { ...NOTHING, metrics: ["numSteps"] };
    case "qfedavg":
    case "afl":
      return { ...NOTHING, metrics: ["startLoss"] };
    case "ifca": {
      const others = Array.from({ length: strategy.clusters - 1 }, (_, i) => `cluster${i + 1}`);
      const choice: UpdatePart = { name: "cluster", numElements: 1, maxAbs: strategy.clusters - 1, isIndex: true };
      return { ...NOTHING, handouts: others, parts: [choice] };
    }
    default:
      return NOTHING;
  }
}
