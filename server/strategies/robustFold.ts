import { assertInteger } from "../../shared/base/assert.ts";
import type { DeltaFold } from "./aggregator.ts";
import { assertBounded } from "./aggregators/assertBounded.ts";
import type { RoundBounds } from "./checkedRound.ts";
import type { RobustRule } from "./robust/createRobustRule.ts";
import type { TileRunner } from "./robust/tileCall.ts";
import { type ClientDelta, updateRows } from "./robust/updateRows.ts";

export interface RobustFoldOptions {
  readonly rule: RobustRule;
  readonly bounds: RoundBounds;
  readonly tiles: TileRunner;
  /** The aggregate of the last round; undefined before the first. */
  readonly previous: Float64Array | undefined;
}

/**
 * Keeps every delta of an attempt for a rule that looks at all of them: memory is O(numParams x updates). The rule sees
 * them in the order of their client ids, one a client, and every client counts alike; weights are only tallied.
 */
export function robustFold({ rule, bounds, tiles, previous }: RobustFoldOptions): DeltaFold {
  const updates = new Map<string, ClientDelta>();
  let totalWeight = 0;
  return {
    get numUpdates() {
      return updates.size;
    },
    get totalWeight() {
      return totalWeight;
    },
    add(contribution) {
      const { clientId, delta, weight } = contribution;
      assertInteger("weight", weight, 1, bounds.maxWeight);
      assertBounded("delta", delta, { length: bounds.numParams, maxAbs: bounds.maxAbsDelta });
      if (updates.has(clientId)) throw new RangeError(`one update a client expected, got two of ${clientId}`);
      if (updates.size === bounds.maxUpdates) throw new RangeError(`expected <= ${updates.size} updates, got one more`);
      updates.set(clientId, { clientId, delta: sharedCopy(delta) });
      totalWeight += weight;
    },
    finish: ({ seed, rootDelta }) =>
      rule.aggregate(updateRows([...updates.values()]), { tiles, previous, seed, ...(rootDelta && { rootDelta }) }),
  };
}

/** Of the fold's own: a contribution may be written over when it was added. In memory that threads share. */
function sharedCopy(delta: Float32Array): Float32Array {
  const copy = new Float32Array(new SharedArrayBuffer(delta.byteLength));
  copy.set(delta);
  return copy;
}
