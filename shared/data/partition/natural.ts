import { assertInteger } from "../../base/assert.ts";
import { shuffle } from "../../base/rng.ts";
import type { Partitioner } from "./partitioner.ts";

/**
 * The split that the data comes with: all examples of a group (speaker, subject, user) belong to one client. As many clients as
 * groups gives each client one, in the order of their numbers; fewer clients share the groups out at random, so that their
 * numbers of groups differ by at most one. Rows keep their order.
 * Source: McMahan et al. 2017, section 3 ("each speaking role"), arXiv:1602.05629.
 * @throws TypeError if the dataset has no groups; RangeError if there are more clients than groups.
 */
export const natural: Partitioner = ({ groups }, numClients, rng) => {
  if (groups === undefined) throw new TypeError('partition "natural" expected data with groups, got data without');
  const numbers = [...new Set(groups)].sort((a, b) => a - b);
  assertInteger("clients", numClients, 1, numbers.length);
  if (numClients < numbers.length) shuffle(numbers, rng);
  const clientOf = new Map(numbers.map((group, at) => [group, at % numClients]));
  const rows = Array.from({ length: numClients }, (): number[] => []);
  for (const [row, group] of groups.entries()) rows[clientOf.get(group) as number]?.push(row);
  return rows.map((own) => Uint32Array.from(own));
};
