import { expect, it } from "vitest";
import { roundsJson } from "../../../server/http/roundsJson.ts";
import type { RoundSummary } from "../../../shared/protocol/runStatus.ts";

const history = (from: number, to: number): RoundSummary[] =>
  Array.from({ length: to - from }, (_, i) => {
    const counted = { cohort: 2, accepted: 2, examples: 20, uplinkBytes: 1, downlinkBytes: 1, seconds: 1 };
    return { round: from + i, ...counted, paramsHash: `sha256-${i} ü` };
  });

it.each([
  [0, 0],
  [0, 1],
  [0, 64],
  [0, 65],
  [63, 129],
  [10, 300],
])("encodes rounds %i to %i as JSON does", (from, to) => {
  const rounds = history(from, to);
  expect(Buffer.concat(roundsJson()(rounds)).toString()).toBe(JSON.stringify({ rounds }));
});

it("shares all but the ends of the list with the answers of before", () => {
  const encode = roundsJson();
  const rounds = history(0, 300);
  const before = encode(rounds);
  const again = encode(rounds);
  expect(again.map(({ buffer }) => buffer)).toEqual(before.map(({ buffer }) => buffer));

  rounds.push(...history(300, 301));
  rounds.shift();
  const after = encode(rounds);
  expect(Buffer.concat(after).toString()).toBe(JSON.stringify({ rounds }));
  const shared = new Set(before.map(({ buffer }) => buffer));
  // Head, rounds 1 to 63, 64 to 127, 128 to 191, 192 to 255, 256 to 300, tail.
  expect(after.map(({ buffer }) => shared.has(buffer))).toEqual([true, false, true, true, true, false, true]);
});
