import { assertInteger } from "../../shared/base/assert.ts";
import type { DeltaFold } from "./aggregator.ts";
import { assertBounded } from "./aggregators/assertBounded.ts";
import type { RoundBounds } from "./checkedRound.ts";
import type { RobustAggregate, RobustRule } from "./robust/createRobustRule.ts";
import { forEachTile, TILE } from "./robust/kernels/tile.ts";
import { identityMix } from "./robust/rowMix.ts";
import type { Kept } from "./robust/rules/rule.ts";
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
 * every client counts alike; weights are only tallied. Running statistics end up among those of the clients: noise, a
 * longer delta or an earlier aggregate could leave a variance below zero.
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
      const aggregate = rule.aggregate(rows, { tiles, kept: options.kept, seed, ...(rootDelta && { rootDelta }) });
      const end = ({ delta, kept: next }: RobustAggregate): Float64Array => {
        kept = next;
        return keepAmong(rows, delta, bounds.statistics);
      };
      return aggregate instanceof Promise ? aggregate.then(end) : end(aggregate);
    },
  };
}

/** Moves what a rule gave for these params, in place, to between the lowest and the highest of the rows. */
function keepAmong(updates: UpdateRows, delta: Float64Array, ranges: RoundBounds["statistics"] = []): Float64Array {
  const mix = identityMix(updates.clientIds.length);
  for (const { offset, length } of ranges) {
    forEachTile({ updates, mix }, { start: offset, end: offset + length }, (tile) => {
      for (let t = 0; t < tile.length; t++) {
        const values = mix.rows.map((_, row) => tile.values[row * TILE + t]!);
        const i = tile.start + t;
        delta[i] = Math.min(Math.max(delta[i]!, Math.min(...values)), Math.max(...values));
      }
    });
  }
  return delta;
}

/** Of the fold's own: a contribution may be written over when it was added. In memory that threads share. */
function sharedCopy(delta: Float32Array): Float32Array {
  const copy = new Float32Array(new SharedArrayBuffer(delta.byteLength));
  copy.set(delta);
  return copy;
}
