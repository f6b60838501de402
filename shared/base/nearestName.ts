/** The known name that a typo most likely meant: fewest edits, at most a third of its letters wrong; else `undefined`. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const edits = editDistance(name.slice(0, 64).toLowerCase(), candidate.toLowerCase());
    if (edits < fewest && edits <= Math.max(2, candidate.length / 3)) {
      best = candidate;
      fewest = edits;
    }
  }
  return best;
}

/** What to say of a name that is none: the one that was most likely meant, or else all there are, which `all` names. */
export function nameHint(name: string, known: readonly string[], all = "known"): string {
  const nearest = nearestName(name, known);
  return nearest ? `did you mean "${nearest}"?` : `${all} are ${known.join(", ") || "none"}`;
}

/** Insertions, deletions and substitutions between two texts. Source: Wagner and Fischer 1974. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
