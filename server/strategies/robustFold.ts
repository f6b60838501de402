import { assertInteger } from "../../shared/base/assert.ts";
import type { DeltaFold } from "./aggregator.ts";
import { assertBounded } from "./aggregators/assertBounded.ts";
import type { RoundBounds } from "./checkedRound.ts";
import type { RobustAggregate, RobustRule } from "./robust/createRobustRule.ts";
import { identityMix } from "./robust/rowMix.ts";
import type { Kept } from "./robust/rules/rule.ts";
import { runSpan } from "./robust/runSpan.ts";
import type { TileRunner } from "./robust/tileCall.ts";
import { type ClientDelta, type ReadStored, type UpdateRows, updateRows } from "./robust/updateRows.ts";

export interface RobustFoldOptions {
  readonly rule: RobustRule;
  readonly bounds: RoundBounds;
  readonly tiles: TileRunner;
  /** Holds what the rule kept in the last round; other vectors may be among it. */
  readonly kept: Kept;
  /** Reads deltas that lie in files; when absent all of an attempt's stay in memory. */
  readonly readStored?: ReadStored | undefined;
  /** Bytes of deltas that stay in memory although they lie in files; 64 MiB when absent. */
  readonly memoryBytes?: number | undefined;
}

/** Reading a file again for each pass costs little while it is in the system's cache, but not nothing. */
const MEMORY_BYTES = 64 * 2 ** 20;

/**
 * Keeps every delta of an attempt for a rule that looks at all of them: the first ones in memory, the others where they
 * lie in files, to be read stretch by stretch. The rule sees them in the order of their client ids, one a client, and
 * every client counts alike; weights are only tallied. Running statistics are hidden from it and take the median of each.
 */
export function robustFold(options: RobustFoldOptions): DeltaFold {
  const { rule, bounds, tiles, readStored, memoryBytes = MEMORY_BYTES } = options;
  let roomBytes = memoryBytes;
  const updates = new Map<string, ClientDelta>();
  let totalWeight = 0;
  let kept: Kept = new Map();
  return {
    get kept() {
      return kept;
    },
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
      const inFile = roomBytes < delta.byteLength && readStored ? contribution.storedDelta : undefined;
      updates.set(clientId, { clientId, delta: inFile ?? sharedCopy(delta) });
      if (inFile === undefined) roomBytes -= delta.byteLength;
      totalWeight += weight;
    },
    finish({ seed, rootDelta }) {
      const rows = updateRows([...updates.values()], readStored);
      const context = { tiles, kept: options.kept, seed, ...(rootDelta && { rootDelta }) };
      const aggregate = rule.aggregate({ ...rows, hidden: bounds.statistics }, context);
      const end = ({ delta, kept: next }: RobustAggregate): Float64Array => {
        kept = next;
        return withMedians(rows, delta, bounds.statistics);
      };
      return aggregate instanceof Promise ? aggregate.then(end) : end(aggregate);
    },
  };
}

/**
 * Puts the median of the rows in these places. Statistics have the size of activations and are no step along a gradient: among
 * the params they would drown a length or an angle, and what a rule makes of them could leave a variance below zero.
 */
function withMedians(updates: UpdateRows, delta: Float64Array, ranges: RoundBounds["statistics"] = []): Float64Array {
  const call = { kind: "median", updates, mix: identityMix(updates.clientIds.length) } as const;
  for (const { offset, length } of ranges) runSpan(call, { index: 0, start: offset, end: offset + length }, delta);
  return delta;
}

/** Of the fold's own: a contribution may be written over when it was added. In memory that threads share. */
function sharedCopy(delta: Float32Array): Float32Array {
  const copy = new Float32Array(new SharedArrayBuffer(delta.byteLength));
  copy.set(delta);
  return copy;
}
