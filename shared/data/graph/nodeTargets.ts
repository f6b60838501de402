/**
 * Class ids of the given nodes, -1 (ignored by the loss) everywhere else: [numNodes].
 * @throws RangeError for a node that is none.
 */
export function nodeTargets(labels: Int32Array, nodes: Iterable<number>): Int32Array {
  const targets = new Int32Array(labels.length).fill(-1);
  for (const node of nodes) {
    const label = labels[node];
    if (label === undefined) throw new RangeError(`"nodes" expected numbers below ${labels.length}, got ${node}`);
    targets[node] = label;
  }
  return targets;
}
