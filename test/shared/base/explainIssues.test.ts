import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { explainIssues } from "../../../shared/base/explainIssues.ts";
import { nearestName } from "../../../shared/base/nearestName.ts";

const schema = v.strictObject({
  rounds: v.pipe(v.number(), v.minValue(1), v.maxValue(100)),
  partition: v.variant("kind", [
    v.strictObject({ kind: v.literal("iid"), clients: v.number() }),
    v.strictObject({ kind: v.literal("shards"), clients: v.number(), shardsPerClient: v.optional(v.number()) }),
  ]),
});

function explain(json: unknown): string {
  const result = v.safeParse(schema, json, { abortEarly: true });
  return result.success ? "accepted" : explainIssues(schema, result.issues);
}

const iid = { kind: "iid", clients: 1 };

describe("explainIssues", () => {
  const cases: [string, unknown, string][] = [
    ["a value of another type", { rounds: "5", partition: iid }, '"rounds" expected number, got "5"'],
    ["a value out of range", { rounds: 0, partition: iid }, '"rounds" expected >=1, got 0'],
    ["a missing key", { partition: iid }, '"rounds" is missing'],
    [
      "a misspelt key that is needed",
      { rouns: 1, partition: iid },
      '"rounds" is missing; is "rouns" a misspelling of it?',
    ],
    ["a choice that is none", { rounds: 1, partition: { kind: "shard" } }, 'got "shard"; did you mean "shards"?'],
    [
      "a misspelt key that may be absent, deep inside",
      { rounds: 1, partition: { kind: "shards", clients: 1, shardPerClient: 2 } },
      '"partition.shardPerClient" is not a known key; did you mean "shardsPerClient"?',
    ],
    [
      "a key like no other",
      { rounds: 1, partition: iid, zebra: 1 },
      '"zebra" is not a known key; known are rounds, partition',
    ],
    ["no object at all", null, "value expected Object, got null"],
  ];
  for (const [name, json, message] of cases) it(`explains ${name}`, () => expect(explain(json)).toContain(message));
});

describe("nearestName", () => {
  it("finds the fewest edits, whatever the case, and nothing when all are far", () => {
    expect(nearestName("Momntum", ["momentum", "moment"])).toBe("momentum");
    expect(nearestName("zebra", ["momentum", "learningRate"])).toBeUndefined();
    expect(nearestName("x", [])).toBeUndefined();
  });
});
