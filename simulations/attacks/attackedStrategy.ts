import type { Contribution, RoundFold, Strategy } from "../../server/strategies/strategy.ts";
import { createRng } from "../../shared/base/rng.ts";
import type { Attack } from "./attack.ts";

export interface AttackedStrategyOptions {
  readonly attack: Attack;
  /** Ids of the clients that attack whenever they are asked. */
  readonly hostile: ReadonlySet<string>;
  /** Bound on each |element| of a delta: hostile ones stay within it, for beyond it they would be refused. */
  readonly maxAbsDelta: number;
  readonly seed: number;
}

/**
 * A strategy some of whose clients attack: their deltas are replaced when those of all honest clients of the attempt are
 * known; whatever else they send (examples, parts, figures) stays that of honest training. Without one honest client in an
 * attempt they look at what they trained themselves.
 */
export function attackedStrategy(strategy: Strategy, options: AttackedStrategyOptions): Strategy {
  const { attack, hostile, maxAbsDelta, seed } = options;
  let params: Float32Array | undefined;
  let paramsBefore: Float32Array | undefined;

  function deltasOf(attackers: readonly Contribution[], honest: readonly Float32Array[], round: number) {
    const previous = params && paramsBefore && difference(params, paramsBefore);
    const deltas = attack({
      honest: honest.length > 0 ? honest : attackers.map(({ delta }) => delta),
      numHostile: attackers.length,
      previous,
      rng: createRng(seed, "attack", round),
    });
    return deltas.map((delta) => delta.map((value) => Math.max(-maxAbsDelta, Math.min(maxAbsDelta, value))));
  }

  return {
    ...strategy,
    openRound(state, round): RoundFold {
      if (state.params !== params) [params, paramsBefore] = [state.params, params];
      const fold = strategy.openRound(state, round);
      const honest = new Map<string, Float32Array>();
      const attackers: Contribution[] = [];
      return {
        get numUpdates() {
          return fold.numUpdates + attackers.length;
        },
        get totalWeight() {
          return attackers.reduce((sum, { weight }) => sum + weight, fold.totalWeight);
        },
        add(contribution) {
          const { clientId, delta } = contribution;
          if (hostile.has(clientId)) {
            attackers.push({ ...contribution, delta: delta.slice() });
            return;
          }
          fold.add(contribution);
          honest.set(clientId, delta.slice());
        },
        finish(inputs) {
          attackers.sort(byClientId);
          // In the order of the clients: what attackers make of them must not depend on who was first.
          const known = [...honest.keys()].sort((a, b) => Number(a) - Number(b)).map((id) => honest.get(id)!);
          if (attackers.length > 0) {
            const deltas = deltasOf(attackers, known, round);
            for (const [i, attacker] of attackers.entries()) fold.add({ ...attacker, delta: deltas[i]! });
          }
          return fold.finish(inputs);
        },
      };
    },
  };
}

function byClientId(a: Contribution, b: Contribution): number {
  return Number(a.clientId) - Number(b.clientId);
}

function difference(a: Float32Array, b: Float32Array): Float64Array {
  return Float64Array.from(a, (value, i) => value - b[i]!);
}
