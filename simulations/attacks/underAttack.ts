import type { Strategy } from "../../server/strategies/strategy.ts";
import { createRng, shuffle } from "../../shared/base/rng.ts";
import type { RunPlan } from "../../shared/protocol/runPlan.ts";
import type { Experiment } from "../experiment/experiment.ts";
import { attackedStrategy } from "./attackedStrategy.ts";
import { attackFromPlan } from "./attackFromPlan.ts";

/** The strategy as the experiment's attack, if there is one, makes it. */
export function underAttack(
  strategy: Strategy,
  { attack, seed, partition }: Pick<Experiment, "attack" | "seed" | "partition">,
  { maxAbsDelta }: Pick<RunPlan, "maxAbsDelta">,
): Strategy {
  if (attack === undefined) return strategy;
  const hostile = chooseHostile(partition.clients, attack.fraction, seed);
  return attackedStrategy(strategy, { attack: attackFromPlan(attack.sends), hostile, maxAbsDelta, seed });
}

/** Which of the clients attack: a fraction of them, rounded, drawn from the seed. */
export function chooseHostile(numClients: number, fraction: number, seed: number): ReadonlySet<string> {
  const clients = Array.from({ length: numClients }, (_, client) => client);
  shuffle(clients, createRng(seed, "hostile"));
  return new Set(clients.slice(0, Math.round(fraction * numClients)).map(String));
}
