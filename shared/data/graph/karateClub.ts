import { checkEdges } from "./checkEdges.ts";
import type { LabelledGraph } from "./parseGraphJson.ts";

/** Members that each member met outside the club, numbered from 0; each tie is listed at its lower member. */
const TIES: readonly (readonly number[])[] = [
  [1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 17, 19, 21, 31],
  [2, 3, 7, 13, 17, 19, 21, 30],
  [3, 7, 8, 9, 13, 27, 28, 32],
  [7, 12, 13],
  [6, 10],
  [6, 10, 16],
  [16],
  [],
  [30, 32, 33],
  [33],
  [],
  [],
  [],
  [33],
  [32, 33],
  [32, 33],
  [],
  [],
  [32, 33],
  [33],
  [32, 33],
  [],
  [32, 33],
  [25, 27, 29, 32, 33],
  [25, 27, 31],
  [31],
  [29, 33],
  [33],
  [31, 33],
  [32, 33],
  [32, 33],
  [32, 33],
  [33],
];

/** The club that each member joined after the split: 0 follows the instructor (member 0), 1 the administrator (33). */
const FACTIONS = "0000000001000011001010111111111111";

/**
 * Zachary's karate club: 34 members, 78 ties, 2 factions; the feature of a node is its own number, one-hot. The split is the
 * usual semi-supervised one: only the two leaders are labelled, the other 32 are the test.
 * Source: Zachary 1977, "An Information Flow Model for Conflict and Fission in Small Groups". Member 9 of the paper
 * (8 here) joined the instructor's club although the flow predicted the other.
 */
export function karateClub(): LabelledGraph {
  const numNodes = FACTIONS.length;
  const pairs = TIES.flatMap((others, member) => others.map((other) => [member, other] as const));
  const features = new Float32Array(numNodes * numNodes);
  for (let node = 0; node < numNodes; node++) features[node * numNodes + node] = 1;
  const members = Array.from({ length: numNodes }, (_, node) => node);
  return {
    graph: { numNodes, numFeatures: numNodes, features, edges: checkEdges("karate club", pairs, numNodes) },
    labels: Int32Array.from(FACTIONS, Number),
    numClasses: 2,
    split: { train: [0, 33], validation: [], test: members.slice(1, -1) },
  };
}
