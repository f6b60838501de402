import type { Contribution } from "./strategy.ts";

/** What of an update's parts is the strategy's: all but the figures of the client's evaluation. */
export function strategyParts(parts: Contribution["parts"]): Contribution["parts"] {
  return parts.has("evaluation") ? new Map([...parts].filter(([name]) => name !== "evaluation")) : parts;
}
