import { assertInteger } from "../../shared/base/assert.ts";
import type { DeltaFold } from "./aggregator.ts";
import { assertBounded } from "./aggregators/assertBounded.ts";
import type { RoundBounds } from "./checkedRound.ts";
import type { RobustRule } from "./robust/createRobustRule.ts";
import type { TileRunner } from "./robust/tileCall.ts";
import { type ClientDelta, type UpdateRows, updateRows } from "./robust/updateRows.ts";

export interface RobustFoldOptions {
  readonly rule: RobustRule;
  readonly bounds: RoundBounds;
  readonly tiles: TileRunner;
  /** The aggregate of the last round; undefined before the first. */
  readonly previous: Float64Array | undefined;
}

/**
 * Keeps every delta of an attempt for a rule that looks at all of them: memory is O(numParams x updates). The rule sees
 * them in the order of their client ids, one a client, and every client counts alike; weights are only tallied. Running
 * statistics end up among those of the clients: noise, a longer delta or an earlier aggregate could leave a variance below
 * zero.
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
    finish({ seed, rootDelta }) {
      const rows = updateRows([...updates.values()]);
      const delta = rule.aggregate(rows, { tiles, previous, seed, ...(rootDelta && { rootDelta }) });
      const within = (values: Float64Array): Float64Array => keepAmong(rows, values, bounds.statistics);
      return delta instanceof Promise ? delta.then(within) : within(delta);
    },
  };
}

/** Moves what a rule gave for these params, in place, to between the lowest and the highest of the rows. */
function keepAmong(rows: UpdateRows, delta: Float64Array, ranges: RoundBounds["statistics"] = []): Float64Array {
  for (const { offset, length } of ranges) {
    for (let i = offset; i < offset + length; i++) {
      const values = rows.clientIds.map((_, row) => rows.row(row)[i]!);
      delta[i] = Math.min(Math.max(delta[i]!, Math.min(...values)), Math.max(...values));
    }
  }
  return delta;
}

/** Of the fold's own: a contribution may be written over when it was added. In memory that threads share. */
function sharedCopy(delta: Float32Array): Float32Array {
  const copy = new Float32Array(new SharedArrayBuffer(delta.byteLength));
  copy.set(delta);
  return copy;
}
