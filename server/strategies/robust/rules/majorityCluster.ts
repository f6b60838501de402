/**
 * The cluster that HDBSCAN finds when it must hold a majority (min_cluster_size = ⌊n/2⌋ + 1, min_samples = 1, a single cluster
 * allowed), ascending. With one sample a core distance is that to the nearest other point, so that mutual reachability
 * is the distance itself; two disjoint clusters cannot both hold a majority, so that the tree of clusters is its root
 * alone, and its points are those that stay until the last split: the component of the graph of all pairs within D,
 * D the smallest distance at which one component holds a majority.
 * Source: Campello et al. 2013, section 3; parameters from Nguyen et al. 2022, section 4.3.1, arXiv:2101.02281.
 */
export function majorityCluster(distances: readonly ArrayLike<number>[]): readonly number[] {
  const count = distances.length;
  const majority = Math.floor(count / 2) + 1;
  const at = (i: number, j: number): number => (distances[i] as ArrayLike<number>)[j] as number;
  const pairs = distances.flatMap((_, i) => Array.from({ length: i }, (_, j) => ({ i, j, distance: at(i, j) })));
  pairs.sort((a, b) => a.distance - b.distance);

  const component = distances.map((_, i) => i);
  let reached = count === 1 ? { label: 0, distance: 0 } : undefined;
  for (const { i, j, distance } of pairs) {
    // Pairs as far apart as the one that made the majority belong to the same level of the tree.
    if (reached && distance > reached.distance) break;
    const label = component[i] as number;
    const absorbed = component[j] as number;
    if (label === absorbed) continue;
    for (const [point, own] of component.entries()) if (own === absorbed) component[point] = label;
    const isMajority = component.filter((own) => own === label).length >= majority;
    if (isMajority) reached = { label, distance };
  }
  return component.flatMap((own, point) => (own === reached?.label ? [point] : []));
}
