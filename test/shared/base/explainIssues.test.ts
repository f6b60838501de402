import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { explainIssues } from "../../../shared/base/explainIssues.ts";

const count = v.pipe(v.number(), v.minValue(1));
const schema = v.strictObject({
  name: v.exactOptional(v.pipe(v.string(), v.minLength(1))),
  rule: v.exactOptional(
    v.union([
      v.literal("mean"),
      v.variant("kind", [
        v.strictObject({ kind: v.literal("median") }),
        v.strictObject({ kind: v.literal("trimmed-mean"), byzantine: count }),
      ]),
    ]),
  ),
  source: v.exactOptional(
    v.union([v.strictObject({ idx: v.string() }), v.strictObject({ csv: v.string(), label: v.string() })]),
  ),
  sampler: v.exactOptional(v.variant("kind", [v.strictObject({ kind: v.literal("uniform") })])),
});

function explained(value: unknown): string {
  const { issues } = v.safeParse(schema, value);
  if (issues === undefined) throw new Error("expected the value to be refused");
  return explainIssues(schema, issues);
}

describe("the sentence for a value that does not fit", () => {
  it.each([
    [{ rule: { kind: "trimmed-mean" } }, '"rule.byzantine" is missing'],
    [
      { rule: { kind: "trimmed-mean", byzantin: 1 } },
      '"rule.byzantine" is missing; is "byzantin" a misspelling of it?',
    ],
    [
      { rule: { kind: "trimed-mean", byzantine: 1 } },
      '"rule.kind" expected ("median" | "trimmed-mean"), got "trimed-mean"; did you mean "trimmed-mean"?',
    ],
    [{ rule: { kind: "trimmed-mean", byzantine: 0 } }, '"rule.byzantine" expected >=1, got 0'],
    [{ rule: { kind: "median", byzantine: 1 } }, '"rule.byzantine" is not a known key; it belongs to another kind'],
  ])("looks into the object of a choice between a word and objects: %j", (value, sentence) => {
    expect(explained(value)).toBe(sentence);
  });

  it("names the keys where it is open which object was meant", () => {
    expect(explained({ source: { csv: "rows.csv" } })).toBe(
      '"source" expected Object, got Object; known are idx, csv, label',
    );
  });

  it("says how to write an object that was given as a word", () => {
    expect(explained({ rule: "median" })).toBe(
      '"rule" expected ("mean" | Object), got "median"; did you mean { "kind": "median" }?',
    );
    expect(explained({ sampler: "nothing" })).toBe('"sampler" expected Object, got "nothing"; as in { "kind": "..." }');
    expect(explained({ sampler: "uniform" })).toBe(
      '"sampler" expected Object, got "uniform"; did you mean { "kind": "uniform" }?',
    );
  });

  it("says that it counts characters", () => {
    expect(explained({ name: "" })).toBe('"name" expected >=1 in length, got 0');
  });
});
